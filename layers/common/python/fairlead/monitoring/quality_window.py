"""Figures of one version in a window: quality compared with the published figure, and coverage of outcomes."""

from datetime import UTC, datetime
from typing import NamedTuple

from fairlead import quality
from fairlead.drift.counters import SLOT, Counters, Number
from fairlead.model.baseline import Baseline
from fairlead.model.manifest import Manifest, Metric
from fairlead.monitoring import label_delay, primary_metric
from fairlead.monitoring.views import Labels, Quality
from fairlead.quality.metrics import design_effect

FEWEST = 50
"""Minimum of effective outcomes, or predictions, for a figure of a window."""
CERTAIN = 0.99999
"""Confidence for the drop. It is high because windows are judged every few minutes, month after month;
`python -m benchmarks.quality_false_alarms` measures the false-alarm rate."""

Slots = dict[int, dict[str, Number]]


class Known(NamedTuple):
    """A version's facts from the registry; `baseline` is None for a version without one."""

    manifest: Manifest
    baseline: Baseline | None
    primary: str


class Counted(NamedTuple):
    """One version's counters: the window's traffic, and predictions and outcomes by slot of all ranges read."""

    traffic: Counters
    predictions: dict[int, int]
    outcomes: Slots


def judged(known: Known, slots: Slots, since: int, until: int) -> Quality:
    """Return the quality of the slots from `since` to before `until`, compared with the published figure."""
    output, name = known.manifest.signature.output, known.primary
    counts = sum(int(one.get("outcomes", 0)) for one in slots.values())
    effective = counts / design_effect(slots) if counts else 0.0
    published = primary_metric.sound(known.manifest.metrics, name)
    enough = effective >= FEWEST and primary_metric.judgeable(output)
    now = primary_metric.sound(quality.figures(output, slots), name) if enough else None
    sure = primary_metric.sound(quality.figures(output, slots, confidence=CERTAIN), name) if enough else None
    return Quality(
        metric=name,
        published=published,
        now=now,
        drop=primary_metric.surely_worse(name, published, sure) if published and sure else None,
        outcomes=counts,
        effective_outcomes=effective,
        since=moment(since * SLOT),
        until=moment(until * SLOT),
        figures=quality.figures(output, slots) if enough else {},
    )


def estimated(reference: Baseline | None, traffic: Counters) -> Metric | None:
    """Return the expected accuracy of a window's answers, without outcomes; None with too few answers."""
    if reference is None:
        return None
    counts: dict[str, int] = {}
    for cluster in traffic.clusters.values():
        for name, count in cluster.items():
            if name.startswith("v"):
                counts[name] = counts.get(name, 0) + count
    return quality.expected_accuracy(reference, counts) if sum(counts.values()) >= FEWEST else None


def rows(traffic: Counters) -> dict[int, int]:
    """Return predictions by slot."""
    found: dict[int, int] = {}
    for name, counts in traffic.clusters.items():
        slot = int(name.partition("_")[0])
        found[slot] = found.get(slot, 0) + counts.get("rows", 0)
    return found


def within(traffic: Counters, start: int, end: int) -> Counters:
    """Return the traffic of the slots from `start` to before `end`."""
    found = {name: counts for name, counts in traffic.clusters.items() if start <= int(name.partition("_")[0]) < end}
    return Counters(clusters=found)


def between(slots: Slots, start: int, end: int) -> Slots:
    """Return the outcomes of the slots from `start` to before `end`."""
    return {slot: counts for slot, counts in slots.items() if start <= slot < end}


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def labels(counted: Counted, window: tuple[int, int], mature: tuple[int, int], delay: int | None) -> Labels:
    """Return the counts of a window's outcomes; `mature` is the slot range for their coverage."""

    def count(name: str) -> int:
        return sum(int(counts.get(name, 0)) for counts in between(counted.outcomes, *window).values())

    def predicted(slots: tuple[int, int]) -> int:
        return sum(some for slot, some in counted.predictions.items() if slots[0] <= slot < slots[1])

    predictions, outcomes = counted.predictions, counted.outcomes
    return Labels(
        predictions=predicted(window),
        outcomes=count("outcomes"),
        invalid=count("invalid"),
        conflicts=count("conflicts"),
        coverage=label_delay.coverage(predictions, outcomes, mature[1], since=mature[0])
        if predicted(mature) >= FEWEST
        else None,
        delay_hours=delay,
    )
