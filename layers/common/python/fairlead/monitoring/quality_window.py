"""A window of one version, in figures: quality held against what was published, what is known of outcomes."""

from datetime import UTC, datetime
from typing import NamedTuple

from fairlead import quality
from fairlead.drift.counters import SLOT, Counters
from fairlead.feedback.ledger.counter_items import Number
from fairlead.model.baseline import Baseline
from fairlead.model.manifest import Manifest, Metric
from fairlead.monitoring import label_delay, primary_metric
from fairlead.monitoring.views import Labels, Quality
from fairlead.quality.metrics import design_effect

FEWEST = 50
"""Effective outcomes, or predictions, without which nothing is said of a window."""
CERTAIN = 0.99999
"""Confidence for the drop: windows are looked at every few minutes, month after month. What that comes to
is measured by `python -m benchmarks.quality_false_alarms`."""

Slots = dict[int, dict[str, Number]]


class Known(NamedTuple):
    """What the registry says of a version; `baseline` is None for versions that have none."""

    manifest: Manifest
    baseline: Baseline | None
    primary: str


class Counted(NamedTuple):
    """One version's counters: the window's traffic, and predictions and outcomes by slot as far as they were read."""

    traffic: Counters
    predictions: dict[int, int]
    outcomes: Slots


def judged(known: Known, slots: Slots, since: int, until: int) -> Quality:
    """Hold a window's outcomes against what was published."""
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
    """Return the accuracy to expect of a window's answers without outcomes; None where they are too few."""
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
    """Return the traffic of some slots."""
    found = {name: counts for name, counts in traffic.clusters.items() if start <= int(name.partition("_")[0]) < end}
    return Counters(clusters=found)


def between(slots: Slots, start: int, end: int) -> Slots:
    """Return the outcomes of some slots."""
    return {slot: counts for slot, counts in slots.items() if start <= slot < end}


def moment(seconds: float) -> datetime:
    """Return a moment as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def labels(counted: Counted, window: tuple[int, int], mature: tuple[int, int], delay: int | None) -> Labels:
    """Say what is known of a window's outcomes; `mature` are the slots that coverage is taken of."""

    def count(name: str) -> int:
        return sum(int(counts.get(name, 0)) for counts in between(counted.outcomes, *window).values())

    def asked(slots: tuple[int, int]) -> int:
        return sum(some for slot, some in counted.predictions.items() if slots[0] <= slot < slots[1])

    predictions, outcomes = counted.predictions, counted.outcomes
    return Labels(
        predictions=asked(window),
        outcomes=count("outcomes"),
        invalid=count("invalid"),
        conflicts=count("conflicts"),
        coverage=label_delay.coverage(predictions, outcomes, mature[1], since=mature[0])
        if asked(mature) >= FEWEST
        else None,
        delay_hours=delay,
    )
