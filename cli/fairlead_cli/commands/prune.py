"""fairlead prune."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import print_json, print_table, progress_steps, size

if TYPE_CHECKING:
    from fairlead.aws.lambda_account import LambdaAccount


def prune(
    name: Name,
    *,
    keep: Annotated[int, typer.Option(min=1, help="Number of newest releases that are always kept.")] = 10,
    pin: Annotated[
        list[str] | None, typer.Option(metavar="RELEASE", help="Also keep this release; repeatable.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Delete the releases. Without it the command only lists them.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Delete old releases of a model: their Lambda versions and snapshots.

    The version without a model is kept, and so is each release that an alias, a running deployment or the journal's
    newest records name. Versions in the registry are kept. The live release continues to serve callers who pin a
    version.
    The command also prints the use of Lambda's code storage, and the space that the deletion frees.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.stack import releases

    with progress_steps() as progress:
        settings = where(stack)
        opened = releases(settings, progress=progress)
        planned = opened.plan_pruning(name, keep=keep, pins=[one.removeprefix("r") for one in pin or ()])
        if not (planned.goes or planned.stays):
            open_registry(settings).latest(name)  # raises NotFoundError if there is no such model
        if apply:
            opened.prune(planned)
    quotas, unread = _quotas()
    if json:
        from fairlead_cli.documents import CodeStorage, Pruned

        storage = CodeStorage(used=quotas.code_used, limit=quotas.code_limit) if quotas else None
        print_json(Pruned(applied=apply, plan=planned, code_storage=storage))
        return
    fate = "deleted" if apply else "would be deleted"
    rows = [(one.release, one.version, fate) for one in planned.goes]
    rows += [(one.release.release, one.release.version, f"kept: {one.why}") for one in planned.stays]
    if rows:
        print_table(("release", "version", ""), rows)
    typer.echo(f"{len(planned.goes)} of {len(rows)} releases of {name} {fate}")
    if quotas:
        share = quotas.code_used / quotas.code_limit
        used = f"{size(quotas.code_used)} of {size(quotas.code_limit)} used ({share:.0%})"
        typer.echo(
            f"code storage: {used}; {size(planned.frees)} {'freed' if apply else 'would be freed'}; layers are kept"
        )
    else:
        typer.echo(f"code storage: not checked: {unread}")
    if planned.goes and not apply:
        typer.echo(f"next: fairlead prune {name} --keep {keep} --apply")


def _quotas() -> "tuple[LambdaAccount | None, str]":
    """Return Lambda's quotas, or None and why they cannot be read; the deletion does not depend on them."""
    from fairlead.aws import clients, lambda_account
    from fairlead.errors import StorageError

    try:
        return lambda_account.read(clients.client("lambda")), ""
    except StorageError as error:
        action = clients.refused_action(error)
        return None, f"needs {action}" if action else str(error)
