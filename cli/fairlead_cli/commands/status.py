"""fairlead status."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.errors import CallError, NotFoundError
from fairlead_cli import completion
from fairlead_cli.deployment_view import show
from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from fairlead.model.release import Release
    from fairlead.releases.facade import Status


def status(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            autocompletion=completion.models,
            help="The model, for example churn. Default: the live model.",
        ),
    ] = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Follow a running deployment until it ends.")] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Show alarms, the live and the previous release, and a running deployment.

    Exit code 5 if the live release does not respond, 6 if NAME is neither live nor previous.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.stack import releases

    settings = where(stack)
    opened = releases(settings)
    found = opened.status()
    if watch and found.running:
        show(opened.watch(found.running.deployment.id))
        found = opened.status()
    if name and name not in {release.model for release in (found.live, found.previous) if release}:
        open_registry(settings).latest(name)  # an unknown name is an error of its own, with the names that look like it
        raise NotFoundError(
            f"{name} is neither live nor previous",
            hint=f"`fairlead versions {name}` lists its versions, `fairlead history {name}` its releases",
        )
    if json:
        print_json(found)
    else:
        print_facts(_facts(found))
    if name and found.live.model != name:
        note(f"{name} is not live: {found.live.model} answers")
    if found.live_problem or found.live.model is None:
        note(_way_forward(found))
        raise typer.Exit(CallError.exit_code)


def _way_forward(found: "Status") -> str:
    if found.live.model is None:
        return "next: fairlead release NAME VERSION"
    back = found.previous
    if back is None or back.model is None or found.previous_problem:
        return f"live does not answer\nnext: fairlead history {found.live.model} --limit 5"
    return f"live does not answer\nnext: fairlead rollback {found.live.model} --away-from r{found.live.release}"


def _facts(found: "Status") -> list[tuple[str, str]]:
    shares = ", ".join(f"{share:.0%} of calls to release {number}" for number, share in found.weights.items())
    running = f"{found.running}, {found.running.strategy}" if found.running else ""
    return [
        *(("ALARM", f"{alarm.name} since {alarm.since:%Y-%m-%d %H:%M}Z: {alarm.reason}") for alarm in found.standing),
        ("live", _release(found.live, found.live_problem)),
        ("previous", _release(found.previous, found.previous_problem)),
        *([("shifting", shares)] if shares else []),
        *([("deployment", running)] if running else []),
        *(("alarm", f"{alarm.name} {alarm.state} (release {alarm.release})") for alarm in found.alarms),
        ("stack", f"{found.stack} ({found.stack_status})"),
        ("endpoint", found.api_url),
    ]


def _release(release: "Release | None", problem: str) -> str:
    if release is None:
        return "deleted"
    if release.model is None:
        return str(release)
    released = release.modified[:16].replace("T", " ")
    return f"{release}, {problem or 'answers'}; {release.digest[:19]}…, released {released}Z"
