"""fairlead fleet: every Fairlead stack of the account and region, and one more for samconfig.toml."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli import clock
from fairlead_cli.options import Json
from fairlead_cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from fairlead.fleet.summary import Fleet, StackSummary

COLUMNS = (
    *("stack", "live", "since (UTC)", "requests", "errors", "p99 (ms)", "quality", "published", "against it"),
    *("drifted", "alarms", "idle $ a month"),
)

fleet = typer.Typer(invoke_without_command=True)


@fleet.callback(epilog="Example:  fairlead fleet --hours 24 --html fleet.html")
def listing(
    context: typer.Context,
    *,
    hours: Annotated[int, typer.Option(min=1, max=720, metavar="N", help="Hours to look back.")] = 24,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the list as an HTML page that opens offline.")
    ] = None,
    json: Json = False,
) -> None:
    """List every Fairlead stack of the account and region; `fleet add` prepares one more.

    Shows the live version and since when, requests, errors, latency, quality against the published figure, drift,
    alarms and the cost of an idle month. A stack that cannot be read has a row without figures, and the reason below.
    """
    if context.invoked_subcommand:
        return
    from fairlead.fleet.listing import read_fleet

    found = read_fleet(clock.now(), hours)
    if html:
        _write(html, found)
    if json:
        print_json(found)
    elif found.stacks:
        _print(found)
    else:
        note(f"no Fairlead stack in {found.region}\nnext: fairlead fleet add NAME")
    if html:
        note(str(html))


@fleet.command(epilog="Example:  fairlead fleet add churn Watch=lean")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The environment and its stack, for example churn.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[PARAMETER=VALUE]...", help="Parameters of template.yaml.")
    ] = None,
    *,
    file: Annotated[Path, typer.Option("--config-file", metavar="FILE", help="The file.")] = Path("samconfig.toml"),
    json: Json = False,
) -> None:
    """Add an environment for one more model to samconfig.toml; nothing is deployed.

    The stack has the environment's name. The present content of the file does not change.
    """
    from fairlead_cli.samconfig import add_environment

    add_environment(file, name, parameters or [])
    where = "" if file == Path("samconfig.toml") else f" --config-file {file.resolve()}"
    note(f"{file}: environment {name} for stack {name}\nnext: sam build && sam deploy --config-env {name}{where}")
    if json:
        from fairlead_cli.documents import Environment

        print_json(Environment(environment=name, file=str(file)))


def _print(found: "Fleet") -> None:
    print_table(COLUMNS, [_row(one) for one in found.stacks])
    for one in found.stacks:
        for problem in one.problems:
            note(f"{one.stack}: {problem}")


def _row(one: "StackSummary") -> tuple[object, ...]:
    from fairlead_cli.output import text

    quality = one.quality
    unknown = f"{one.status}, not readable" if one.problems else "no model"
    return (
        one.stack,
        one.live or unknown,
        f"{one.since:%Y-%m-%d %H:%M}" if one.since else "",
        text(one.requests),
        "" if one.error_share is None else f"{one.error_share:.2%}",
        "" if one.latency_ms is None else f"{one.latency_ms:.0f}",
        f"{quality.metric} {quality.now.value:.4g}" if quality and quality.now else "",
        text(quality.published.value) if quality and quality.published else "",
        quality.said if quality else "",
        "" if one.drifted is None else ", ".join(one.drifted) or "none",
        "" if one.alarms is None else ", ".join(one.alarms) or "none",
        "" if one.idle_dollars is None else f"{one.idle_dollars:.2f}",
    )


def _write(path: Path, found: "Fleet") -> None:
    from fairlead.errors import SettingsError
    from fairlead.fleet.page import render

    try:
        path.write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another file with --html") from error
