"""fairlead monitor."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.journal_view import moving, present_life, what
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_json, print_table
from fairlead_cli.overview import overview

if TYPE_CHECKING:
    from fairlead.drift import DriftFinding
    from fairlead.model.manifest import Metric
    from fairlead.monitoring import View
    from fairlead.monitoring.overview import Overview
    from fairlead_cli.documents import Monitored

LISTED = 10


def monitor(
    name: Name,
    *,
    hours: Annotated[int, typer.Option(min=1, max=720, metavar="N", help="Hours to look back.")] = 24,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write an HTML page with charts that opens offline.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Show quality, drift, outcomes and alarms of a model's versions.

    Compares quality (with intervals) to the published metrics, names broken inputs within the hour, and ranks drift by
    its size and by the model's reliance on the input. Also shows how late outcomes come, the stack's alarms and its
    decisions. The column `known` is the share of predictions with an outcome, among those old enough to have one.
    """
    settings = where(stack)
    found = overview(settings, name, hours).checked()
    path = html or (Path(f"{name}-monitor.html") if show else None)
    if path:
        _write(path, found)
    if json:
        print_json(_document(found))
    else:
        _print(found, present_life(settings))
    if path:
        note(str(path))
        if show:
            typer.launch(path.resolve().as_uri())


def _document(found: "Overview") -> "Monitored":
    """Return the whole overview; each record carries its label from the history."""
    from msgspec.structs import asdict

    from fairlead_cli.documents import LabelledRecord, Monitored

    records = tuple(LabelledRecord(record=label, **asdict(record)) for label, record in found.records)
    return Monitored(**asdict(found) | {"records": records})


def _print(found: "Overview", life: str) -> None:
    typer.echo(f"{found.model}, {found.hours} hours to {found.at:%Y-%m-%d %H:%M} UTC\n")
    columns = (
        "version",
        "rows",
        "outcomes",
        "known",
        "late (h)",
        "figure",
        "now",
        "published",
        "against it",
        "expected",
    )
    print_table(columns, [_row(view) for view in found.views])
    for view in found.views:
        _print_broken(view)
        _print_drift(view)
    if found.alarms:
        typer.echo("\nalarms")
        print_table(("", "state", "since (UTC)"), [(one.name, one.state, _when(one.since)) for one in found.alarms])
    if found.records:
        typer.echo("\nin the journal")
        records = [(label, _when(one.effective), what(one), moving(one, life), one.why) for label, one in found.records]
        print_table(("", "when (UTC)", "what", "from → to", "why"), records)


def _row(view: "View") -> tuple[object, ...]:
    labels, quality = view.labels, view.quality
    return (
        f"{view.version}{' live' if view.live else ''}",
        labels.predictions,
        labels.outcomes,
        "" if labels.coverage is None else f"{labels.coverage:.0%}",
        "" if labels.delay_hours is None else str(labels.delay_hours),
        quality.metric,
        metric_text(quality.now),
        metric_text(quality.published),
        _against(view),
        metric_text(view.estimate),
    )


def _against(view: "View") -> str:
    from fairlead.monitoring.overview import against

    return against(view.quality)


def _print_broken(view: "View") -> None:
    if view.broken:
        typer.echo(f"\nbroken in version {view.version}, the last hour")
        print_table(("what", ""), [(one.feature, one.words) for one in view.broken[:LISTED]])


def _print_drift(view: "View") -> None:
    judged = view.judged
    if judged is None:
        return
    typer.echo(f"\ndrift of version {view.version}" + ("" if judged.enough else ": not enough data to judge"))
    print_table(("", "what", "verdict", "PSI", "relied on", ""), [_moved(one) for one in judged.findings[:LISTED]])


def _moved(one: "DriftFinding") -> tuple[object, ...]:
    from fairlead.monitoring.history import called

    relied = "" if one.importance is None else f"{one.importance:.0%}"
    return one.rank, called(one), one.verdict, f"{one.psi:.3f}", relied, one.words


def metric_text(metric: "Metric | None") -> str:
    """Format a figure with its interval."""
    if metric is None:
        return ""
    from fairlead.model.digits import digits

    interval = "" if metric.low is None or metric.high is None else f" ({digits(metric.low)} to {digits(metric.high)})"
    return f"{digits(metric.value)}{interval}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _write(path: Path, found: "Overview") -> None:
    from fairlead.errors import SettingsError
    from fairlead.monitoring.dashboard import render

    try:
        path.write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another file with --html") from error
