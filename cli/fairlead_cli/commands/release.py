"""fairlead release."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli import completion
from fairlead_cli.deployment_view import show
from fairlead_cli.options import DEFAULT_STACK, VERSION, Json, Reason, Stack, where
from fairlead_cli.output import note, print_json, progress_steps

if TYPE_CHECKING:
    from fairlead.model.release import Release
    from fairlead.releases.release import Released

Strategy = Annotated[
    str,
    typer.Option(
        metavar="WORD",
        help="How traffic shifts: canary-10-5m (10m, 15m, 30m), linear-10-1m (2m, 3m, 10m), all-at-once, "
        "custom. Default: the stack's.",
    ),
]


def release(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="The model, for example churn. With --code: the live model.",
            autocompletion=completion.models,
        ),
    ] = None,
    version: Annotated[
        int | None,
        VERSION(help="The version to make live. Not with --code."),
    ] = None,
    *,
    code: Annotated[
        bool, typer.Option("--code", help="Release the live version again, on the stack's current code and layers.")
    ] = False,
    strategy: Strategy = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until all traffic has shifted; exit code 4 if it does not.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Wait, and show the old and the new release side by side.")
    ] = False,
    reason: Reason = "",
    switch_model: Annotated[
        bool,
        typer.Option("--switch-model", help="Replace the live model by another one, all at once."),
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Make a version live by a canary deployment.

    Freezes the version in a new release, checks its health, points previous at the live release and starts a
    deployment. The hook checks the release on golden rows, then traffic shifts. An alarm or a failure rolls it back. A
    release that replaces another model, or the first one, goes live all at once, and the command waits for it.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.stack import releases

    if code == (version is not None) or not (name or code):
        raise typer.BadParameter("give NAME and VERSION, or --code", param_hint="VERSION")
    settings = where(stack)
    with progress_steps() as progress:
        opened = releases(settings, progress=progress)
        live = opened.live() if code else None
        if live and live.model is None:
            note("no model is live yet, so there is nothing to release on new code")
            if json:
                print_json(None)
            return
        model, number = _chosen(name, version, live)
        done = opened.release(
            open_registry(settings), model, number, strategy=strategy, reason=reason, switch_model=switch_model
        )
        if (wait or done.was.model != model) and not watch:
            done = opened.follow(done)
    if watch and done.deployment:
        show(opened.watch(done.deployment))
        done = opened.follow(done)
    if json:
        print_json(done)
    else:
        typer.echo(_said(done, model))


def _chosen(name: str | None, version: int | None, live: "Release | None") -> tuple[str, int]:
    """Return the model and version to release: those of the arguments, or the live ones."""
    from fairlead.errors import ReleaseError

    if live is None:
        return name or "", version or 0
    if name not in {None, live.model}:
        raise ReleaseError(
            f"live holds {live.model}, not {name}", hint=f"`fairlead release {name} VERSION` releases it"
        )
    return live.model or "", live.version


def _said(done: "Released", model: str) -> str:
    if done.moved:
        return f"live: {done.live}, was {done.was}"
    if not done.deployment:
        return f"{done.live} is live already: nothing to do"
    return (
        f"deployment {done.deployment}: live goes from {done.was} to {done.release}, {done.strategy}\n"
        f"next: fairlead status {model} --watch"
    )
