"""Looking: the ledger's counters of each version of a model, against what the registry says of that version.

Traffic is seen in a window that ends now. Outcomes come late, so their window ends where predictions are mature: a day,
three days, a week or a month ago, and these stretches are read too, once an hour.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fairlead import baseline, drift, quality
from fairlead.baseline import Baseline
from fairlead.drift.counters import SLOT, Counters
from fairlead.ledger.counting import Number
from fairlead.ledger.reading import LedgerReader, Seen
from fairlead.manifest import Manifest, Metric
from fairlead.monitoring import maturing, primary
from fairlead.monitoring.maturing import HOUR
from fairlead.monitoring.views import Labels, Quality, View
from fairlead.quality.figures import design_effect
from fairlead.registry import Reading

HOURS = 24
SHIFTS = (24, 72, 168, 720)
"""Hours before now at which older stretches end, a day each; the recent one covers what is sooner."""
RECENT = 6
"""Hours that the recent stretch is longer than a window, because so late outcomes may be."""
FEWEST = 50
"""Effective outcomes, or predictions, without which nothing is said of a window."""
CERTAIN = 0.999
"""Confidence for the drop: windows are looked at every few minutes, month after month."""

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


class Window(NamedTuple):
    """A window of one model: `hours` before slot `end`; `delay` is the usual one of its outcomes, in hours."""

    model: str
    at: float
    end: int
    hours: int
    delay: int | None
    versions: dict[int, Counted]

    @property
    def busy(self) -> list[int]:
        """Versions that answered in this window."""
        return [version for version, counted in self.versions.items() if counted.traffic.clusters]


class Looker:
    """One ledger and one registry; what does not change any more is read once."""

    def __init__(self, ledger: LedgerReader, reading: Reading) -> None:
        self._ledger = ledger
        self._reading = reading
        self._known: dict[tuple[str, int], Known] = {}
        self._older: dict[tuple[str, int], tuple[int, dict[int, int], Slots]] = {}

    def models(self) -> dict[str, list[Seen]]:
        """Return which versions were ever captured, by model, ascending."""
        found: dict[str, list[Seen]] = {}
        for one in sorted(self._ledger.seen(), key=lambda one: (one.model, one.version)):
            found.setdefault(one.model, []).append(one)
        return found

    def known(self, model: str, version: int) -> Known:
        """Return what the registry says of a version; raises NotFoundError, IntegrityError."""
        if (model, version) not in self._known:
            manifest, _ = self._reading.manifest(model, version)
            blob = manifest.blobs.get("baseline")
            reference = baseline.decode(self._reading.blob(blob)) if blob else None
            self._known[model, version] = Known(manifest, reference, primary.primary(manifest, self._reading))
        return self._known[model, version]

    def window(self, model: str, seen: Sequence[Seen], at: float, *, hours: int = HOURS) -> Window:
        """Read the counters of a model's versions at a moment (seconds since 1970); raises StorageError."""
        end = int(at) // SLOT + 1
        versions = {one.version: self._counted(one, end, hours) for one in seen}
        delay = maturing.usual_delay(counts for one in versions.values() for counts in one.outcomes.values())
        return Window(model, at, end, hours, delay, versions)

    def view(self, window: Window, version: int, *, live: bool) -> View:
        """See one version in a window; raises what `known` raises."""
        known = self.known(window.model, version)
        counted = window.versions.get(version, Counted(Counters(), {}, {}))
        size = window.hours * HOUR
        until = maturing.matured(counted.predictions, counted.outcomes, window.end, window.delay)
        mature = between(counted.outcomes, until - size, until)
        return View(
            model=window.model,
            version=version,
            live=live,
            at=moment(window.at),
            hours=window.hours,
            judged=drift.judge(known.baseline, counted.traffic) if known.baseline else None,
            labels=_labels(counted, (window.end - size, window.end), (until - size, until), window.delay),
            quality=judged(known, mature, until - size, until),
            estimate=estimated(known.baseline, counted.traffic),
        )

    def _counted(self, seen: Seen, end: int, hours: int) -> Counted:
        predictions, outcomes = self._older_of(seen, end)
        start = end - (hours + RECENT) * HOUR
        if seen.slot < start:
            return Counted(Counters(), predictions, outcomes)
        traffic, recent = self._ledger.counted(seen.model, seen.version, start, end)
        return Counted(
            within(traffic, end - hours * HOUR, end), {**predictions, **rows(traffic)}, {**outcomes, **recent}
        )

    def _older_of(self, seen: Seen, end: int) -> tuple[dict[int, int], Slots]:
        top = -(-end // HOUR) * HOUR  # of the hour, so that an hour's looks share what is read
        read, predictions, outcomes = self._older.get((seen.model, seen.version), (0, {}, {}))
        if read != top:
            predictions, outcomes = {}, {}
            for shift in SHIFTS:
                start = top - (shift + HOURS + 1) * HOUR
                if start <= seen.slot:
                    traffic, found = self._ledger.counted(seen.model, seen.version, start, top - shift * HOUR)
                    predictions |= rows(traffic)
                    outcomes |= found
            self._older[seen.model, seen.version] = (top, predictions, outcomes)
        return predictions, outcomes


def judged(known: Known, slots: Slots, since: int, until: int) -> Quality:
    """Hold a window's outcomes against what was published."""
    output, name = known.manifest.signature.output, known.primary
    counts = sum(int(one.get("outcomes", 0)) for one in slots.values())
    effective = counts / design_effect(slots) if counts else 0.0
    published = primary.sound(known.manifest.metrics, name)
    enough = effective >= FEWEST and primary.judgeable(output)
    now = primary.sound(quality.figures(output, slots), name) if enough else None
    sure = primary.sound(quality.figures(output, slots, confidence=CERTAIN), name) if enough else None
    return Quality(
        metric=name,
        published=published,
        now=now,
        drop=primary.surely_worse(name, published, sure) if published and sure else None,
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


def _labels(counted: Counted, window: tuple[int, int], mature: tuple[int, int], delay: int | None) -> Labels:
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
        coverage=maturing.coverage(predictions, outcomes, mature[1], since=mature[0])
        if asked(mature) >= FEWEST
        else None,
        delay_hours=delay,
    )
