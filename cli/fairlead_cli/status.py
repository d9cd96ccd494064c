"""fairlead status."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_facts, print_json
from fairlead_cli.watch import show

if TYPE_CHECKING:
    from fairlead.moves import Release
    from fairlead.releases import Status


def status(
    name: Name,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Show a running deployment until it ends, then say.")] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Say what is live.

    Also what a rollback would go back to, whether both answer, what deployment is running, and the canary alarms.
    """
    from fairlead.errors import NotFoundError
    from fairlead_cli.stack import releases

    opened = releases(where(stack))
    found = opened.status()
    if watch and found.running:
        show(opened.watch(found.running.deployment.id))
        found = opened.status()
    held = {release.model for release in (found.live, found.previous) if release}
    if json:
        print_json(found)
    else:
        print_facts(_facts(found))
    if found.live.model != name:
        if name not in held:
            raise NotFoundError(f"{name} is not released", hint=f"`fairlead versions {name}` lists its versions")
        note(f"{name} is not live: {found.live.model} answers")


def _facts(found: "Status") -> list[tuple[str, str]]:
    shares = ", ".join(f"{share:.0%} of calls to release {number}" for number, share in found.weights.items())
    running = f"{found.running}, {found.running.strategy}" if found.running else ""
    return [
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
    published = release.modified[:16].replace("T", " ")
    return f"{release}, {problem or 'answers'}; {release.digest[:19]}…, published {published}Z"
