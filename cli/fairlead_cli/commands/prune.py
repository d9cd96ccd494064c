"""fairlead prune."""

from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import print_json, print_table, telling


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

    Lambda version 1 is kept, and so is each release that an alias, a running deployment or the journal's newest records
    name. Versions in the registry are kept. The live release continues to serve callers who pin a version.
    """
    from fairlead_cli.stack import releases

    with telling() as tell:
        opened = releases(where(stack), progress=tell)
        planned = opened.plan_pruning(name, keep=keep, pins=[one.removeprefix("r") for one in pin or ()])
        if apply:
            opened.prune(planned)
    if json:
        print_json({"applied": apply, "plan": planned})
        return
    fate = "deleted" if apply else "would go"
    rows = [(one.release, one.version, fate) for one in planned.goes]
    rows += [(one.release.release, one.release.version, f"stays: {one.why}") for one in planned.stays]
    if rows:
        print_table(("release", "version", ""), rows)
    typer.echo(f"{len(planned.goes)} of {len(rows)} releases of {name} {fate if planned.goes else 'to delete'}")
    if planned.goes and not apply:
        typer.echo(f"next: fairlead prune {name} --keep {keep} --apply")
