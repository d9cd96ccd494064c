"""The history of a model's versions: a time range in steps, each with figures over a span that ends with it.

A step alone holds few rows. So quality and drift of a point cover a quarter of the whole time range before it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fairlead import drift, quality
from fairlead.drift.counters import SLOT, Counters
from fairlead.feedback.ledger.reader import CapturedVersion, LedgerReader
from fairlead.model.manifest import Metric
from fairlead.monitoring import primary_metric
from fairlead.monitoring.label_delay import HOUR
from fairlead.monitoring.quality_window import Known, Slots, between, moment, rows, within
from fairlead.monitoring.reader import ViewReader

STEPS = 48
FEWEST = 30
"""Rows, or outcomes, below which a point is left out."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One version in one step that ends at `at`: rows and outcomes of the step, figures of the span.

    `psi` is the population stability index by input, label or score; empty with too few rows.
    """

    at: datetime
    predictions: int
    outcomes: int
    quality: Metric | None
    psi: dict[str, float]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One version's points, and its published figure of the primary metric."""

    version: int
    metric: str
    published: Metric | None
    points: tuple[Point, ...]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The history from `start` to `end`, in steps of so many minutes; a point covers the `span_hours` before it."""

    start: datetime
    end: datetime
    step_minutes: int
    span_hours: float
    lines: tuple[Line, ...]


def course(
    view_reader: ViewReader, ledger: LedgerReader, seen: Sequence[CapturedVersion], at: float, hours: int
) -> Course:
    """Return the history of the last `hours` before `at` (seconds since 1970), reading each counter once.

    Raises StorageError.
    """
    step = max(1, -(-hours * HOUR // STEPS))
    steps = -(-hours * HOUR // step)
    span = max(step, hours * HOUR // 4)
    end = int(at) // SLOT + 1
    start = end - steps * step
    lines = []
    for one in seen:
        if one.slot < start:
            continue
        traffic, outcomes = ledger.counted(one.model, one.version, start - span, end)
        if rows(within(traffic, start, end)):
            known = view_reader.known(one.model, one.version)
            ends = [start + step * (number + 1) for number in range(steps)]
            points = tuple(_point(known, traffic, outcomes, stop, step, span) for stop in ends)
            published = primary_metric.sound(known.manifest.metrics, known.primary)
            lines.append(Line(version=one.version, metric=known.primary, published=published, points=points))
    return Course(
        start=moment(start * SLOT),
        end=moment(end * SLOT),
        step_minutes=step * SLOT // 60,
        span_hours=span / HOUR,
        lines=tuple(lines),
    )


def _point(known: Known, traffic: Counters, outcomes: Slots, stop: int, step: int, span: int) -> Point:
    recent, labelled = within(traffic, stop - span, stop), between(outcomes, stop - span, stop)
    return Point(
        at=moment(stop * SLOT),
        predictions=sum(rows(within(traffic, stop - step, stop)).values()),
        outcomes=_outcomes(between(outcomes, stop - step, stop)),
        quality=_figure(known, labelled) if _outcomes(labelled) >= FEWEST else None,
        psi=_psi(known, recent) if sum(rows(recent).values()) >= FEWEST else {},
    )


def _figure(known: Known, slots: Slots) -> Metric | None:
    return primary_metric.sound(quality.figures(known.manifest.signature.output, slots), known.primary)


def _psi(known: Known, traffic: Counters) -> dict[str, float]:
    if known.baseline is None:
        return {}
    return {called(one): one.psi for one in drift.judge(known.baseline, traffic).findings}


def called(finding: drift.DriftFinding) -> str:
    """Return the display name of a finding's subject: an input's name, "label", or "score of" a class."""
    return (
        str(finding.feature)
        if finding.of == "input"
        else "label"
        if finding.of == "label"
        else f"score of {finding.feature}"
    )


def _outcomes(slots: Slots) -> int:
    return sum(int(counts.get("outcomes", 0)) for counts in slots.values())
