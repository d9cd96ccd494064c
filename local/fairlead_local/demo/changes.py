"""The new facts of an overview, each reported once as a short line.

These are broken inputs, drift, quality, alarms, moves of releases, and decisions.
"""

from collections.abc import Iterator

from fairlead.html import formatting
from fairlead.journal.records import Record
from fairlead.monitoring.history import called
from fairlead.monitoring.overview import Overview
from fairlead.monitoring.views import View

NAMED = 3
"""Inputs that a line names."""


class Changes:
    """Compares overviews; the facts in `before` are not new."""

    def __init__(self, before: Overview) -> None:
        self._shown: set[str] = set()
        self._standing: set[str] = set()
        self._old: set[str] = set()
        self.of(before)
        self._old, self._standing = self._standing, set()

    def of(self, found: Overview) -> list[str]:
        """Return the new lines of an overview, in the order of cause and effect."""
        views = [line for view in found.views for line in (*_broken(view), *_drift(view), *_quality(view))]
        records = [line for entry in reversed(found.records) for line in _record(entry.record)]
        return [*self._once(views), *self._alarms(found), *self._once(records)]

    def _once(self, lines: list[tuple[str, str]]) -> list[str]:
        """Return the lines whose key was not reported before."""
        new = [text for key, text in lines if key not in self._shown]
        self._shown |= {key for key, _ in lines}
        return new

    def _alarms(self, found: Overview) -> list[str]:
        rang = {alarm.name for alarm in found.alarms if alarm.state == "ALARM"}
        self._old &= rang
        standing = rang - self._old
        over = {alarm.name for alarm in found.alarms if alarm.state == "OK"} & self._standing
        rings = standing - self._standing
        self._standing = (self._standing | standing) - over
        return [f"alarm {name} is in ALARM" for name in sorted(rings)] + [
            f"alarm {name} is OK" for name in sorted(over)
        ]


def _broken(view: View) -> Iterator[tuple[str, str]]:
    if view.broken:
        first = view.broken[0]
        also = f"; also {', '.join(one.feature for one in view.broken[1:NAMED])}" if view.broken[1:] else ""
        yield (
            f"broken {view.version}",
            f"broken input of version {view.version}: {first.feature}, {first.words}{also}",
        )


def _drift(view: View) -> Iterator[tuple[str, str]]:
    moved = [one for one in view.judged.findings if one.verdict == "drift"] if view.judged else []
    if moved:
        said = ", ".join(f"{called(one)} (PSI {one.psi:.1f})" for one in moved[:NAMED])
        more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
        yield f"drift {view.version}", f"drift in inputs or predictions of version {view.version}: {said}{more}"


def _quality(view: View) -> Iterator[tuple[str, str]]:
    quality = view.quality
    if quality.now is None:
        return
    now = (
        f"{formatting.metric(quality.metric).lower()} of version {view.version}: {formatting.figure(quality.now.value)}"
    )
    between = f"{now} ({formatting.interval(quality.now)})"
    if quality.drop is not None and quality.drop > 0:
        yield f"worse {view.version}", f"{between}: significantly worse than published"
    else:
        published = f", published {formatting.figure(quality.published.value)}" if quality.published else ""
        yield f"quality {view.version}", f"{between}{published}"


def _record(record: Record) -> Iterator[tuple[str, str]]:
    if record.kind == "decided":  # the same decision about a lasting alarm is reported once
        yield f"decided {record.why}", f"decision about {record.why}"
    elif record.kind == "moved" and record.now:
        yield f"record {record.number}", f"live is {record.now}"
    elif record.kind == "failed":
        yield f"record {record.number}", f"a release failed: {record.why}"
