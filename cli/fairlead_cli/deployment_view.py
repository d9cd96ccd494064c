"""Shows a running deployment in the terminal: the old and the new release side by side, updated in place."""

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fairlead_cli.output import note

if TYPE_CHECKING:
    from fairlead.releases.watch import Side, Snapshot

COLOURS = {"ALARM": "bold red", "OK": "green", "Succeeded": "green", "Failed": "bold red", "Stopped": "bold red"}


def show(snapshots: "Iterable[Snapshot]") -> None:
    """Show snapshots on stderr: a table updated in place, or one line for each change if stderr is not a terminal."""
    if not sys.stderr.isatty():
        before = None
        for snapshot in snapshots:
            if (now := _standing(snapshot)) != before:
                note(line(snapshot))
            before = now
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False) as live:
        for snapshot in snapshots:
            live.update(table(snapshot), refresh=True)


def table(snapshot: "Snapshot") -> Any:
    """Return a snapshot as a Rich renderable: both releases, and notes about the deployment below them."""
    from rich.console import Group

    return Group(_sides(snapshot), _facts(snapshot))


def _sides(snapshot: "Snapshot") -> Any:
    from rich.table import Table

    drawn = Table(title=_title(snapshot), title_justify="left", box=None, pad_edge=False, header_style="bold")
    drawn.add_column("")
    for label, side in (("old", snapshot.old), ("new", snapshot.new)):
        drawn.add_column(f"{label}: {side.release}" if side else f"{label}: gone", justify="right")
    for label, figure in FIGURES.items():
        drawn.add_row(label, *(figure(side) if side else "" for side in (snapshot.old, snapshot.new)))
    return drawn


def _facts(snapshot: "Snapshot") -> Any:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, show_header=False)
    status = snapshot.deployment.status
    drawn.add_row("status", Text(status, style=COLOURS.get(status, "")))
    drawn.add_row("hook", Text(snapshot.hook, style="bold red" if snapshot.hook.startswith("failed") else ""))
    for alarm in snapshot.alarms:
        drawn.add_row(alarm.name, Text(alarm.state, style=COLOURS.get(alarm.state, "")))
    if snapshot.deployment.reason:
        drawn.add_row("reason", Text(snapshot.deployment.reason))
    return drawn


def _standing(snapshot: "Snapshot") -> tuple[Any, ...]:
    """Return the facts whose change prints a line; time, requests and latency change with every snapshot."""
    sides = [(side.release.release, side.share, side.traffic.errors) for side in (snapshot.old, snapshot.new) if side]
    alarms = [(alarm.name, alarm.state) for alarm in snapshot.alarms]
    return snapshot.deployment.status, snapshot.deployment.reason, sides, snapshot.hook, alarms


def line(snapshot: "Snapshot") -> str:
    """Return a snapshot as one line, for a log."""
    sides = [_spoken(side) for side in (snapshot.old, snapshot.new) if side]
    alarms = ", ".join(f"{alarm.name} {alarm.state}" for alarm in snapshot.alarms)
    parts = [f"{snapshot.at:%H:%M:%S}Z {snapshot.deployment.status}", *sides, f"hook {snapshot.hook}", alarms]
    return " | ".join(filter(None, [*parts, snapshot.deployment.reason]))


def _title(snapshot: "Snapshot") -> str:
    from fairlead.releases.strategies import spoken

    elapsed = timedelta(seconds=max(0, int((snapshot.at - snapshot.deployment.created).total_seconds())))
    return f"deployment {snapshot.deployment.id}, {spoken(snapshot.deployment.configuration, custom='')}, {elapsed}"


def _spoken(side: "Side") -> str:
    figures = ", ".join(f"{label} {figure(side)}" for label, figure in FIGURES.items())
    return f"release {side.release.release}: {figures}"


def _errors(side: "Side") -> str:
    met = side.traffic
    return f"{met.errors} ({met.errors / met.requests:.1%})" if met.requests else str(met.errors)


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"


FIGURES: "dict[str, Callable[[Side], str]]" = {
    "weight": lambda side: f"{side.share:.0%}",
    "requests": lambda side: str(side.traffic.requests),
    "errors": _errors,
    "p50": lambda side: _milliseconds(side.traffic.p50),
    "p99": lambda side: _milliseconds(side.traffic.p99),
}
