"""Reads the ledger's counters of each version of a model, and compares them with the version's baseline and metrics.

Traffic is of a window that ends now. Outcomes arrive late, so their window ends where predictions are mature: one day,
three days, a week or a month ago. These ranges are read too, once per hour.
"""

from collections.abc import Sequence
from typing import NamedTuple

from fairlead import drift
from fairlead.drift.counters import SLOT, Counters
from fairlead.feedback.ledger.reader import CapturedVersion, LedgerReader
from fairlead.model import baseline
from fairlead.monitoring import label_delay, primary_metric
from fairlead.monitoring.label_delay import HOUR
from fairlead.monitoring.quality_window import (
    Counted,
    Known,
    Slots,
    between,
    estimated,
    judged,
    labels,
    moment,
    rows,
    within,
)
from fairlead.monitoring.views import View
from fairlead.registry.store import Reading

HOURS = 24
SHIFTS = (24, 72, 168, 720)
"""Hours before now at which the older ranges end, a day each; the recent range covers later times."""
RECENT = 6
"""Hours by which the recent range is longer than a window, to include outcomes that are this late."""


class Window(NamedTuple):
    """A window of one model: the `hours` before slot `end`; `delay` is the usual delay of its outcomes, in hours."""

    model: str
    at: float
    end: int
    hours: int
    delay: int | None
    versions: dict[int, Counted]

    @property
    def busy(self) -> list[int]:
        """The versions that answered in this window."""
        return [version for version, counted in self.versions.items() if counted.traffic.clusters]


class ViewReader:
    """Builds views from one ledger and one registry; data that no longer changes is cached."""

    def __init__(self, ledger: LedgerReader, reading: Reading) -> None:
        self._ledger = ledger
        self._reading = reading
        self._known: dict[tuple[str, int], Known] = {}
        self._older: dict[tuple[str, int], tuple[int, dict[int, int], Slots]] = {}

    def models(self) -> dict[str, list[CapturedVersion]]:
        """Return the captured versions by model, ascending."""
        found: dict[str, list[CapturedVersion]] = {}
        for one in sorted(self._ledger.seen(), key=lambda one: (one.model, one.version)):
            found.setdefault(one.model, []).append(one)
        return found

    def known(self, model: str, version: int) -> Known:
        """Return a version's facts from the registry; raises NotFoundError, IntegrityError."""
        if (model, version) not in self._known:
            manifest, _ = self._reading.manifest(model, version)
            blob = manifest.blobs.get("baseline")
            reference = baseline.decode(self._reading.blob(blob)) if blob else None
            self._known[model, version] = Known(manifest, reference, primary_metric.primary(manifest, self._reading))
        return self._known[model, version]

    def window(self, model: str, seen: Sequence[CapturedVersion], at: float, *, hours: int = HOURS) -> Window:
        """Read the counters of a model's versions at a time (seconds since 1970); raises StorageError."""
        end = int(at) // SLOT + 1
        versions = {one.version: self._counted(one, end, hours) for one in seen}
        delay = label_delay.usual_delay(counts for one in versions.values() for counts in one.outcomes.values())
        return Window(model, at, end, hours, delay, versions)

    def view(self, window: Window, version: int, *, live: bool) -> View:
        """Return the view of one version in a window; raises as `known` does."""
        known = self.known(window.model, version)
        counted = window.versions.get(version, Counted(Counters(), {}, {}))
        size = window.hours * HOUR
        until = label_delay.matured(counted.predictions, counted.outcomes, window.end, window.delay)
        mature = between(counted.outcomes, until - size, until)
        hour = within(counted.traffic, window.end - HOUR, window.end)
        return View(
            model=window.model,
            version=version,
            live=live,
            at=moment(window.at),
            hours=window.hours,
            judged=drift.judge(known.baseline, counted.traffic) if known.baseline else None,
            broken=drift.broken(known.baseline, hour) if known.baseline else None,
            labels=labels(counted, (window.end - size, window.end), (until - size, until), window.delay),
            quality=judged(known, mature, until - size, until),
            estimate=estimated(known.baseline, counted.traffic),
        )

    def _counted(self, seen: CapturedVersion, end: int, hours: int) -> Counted:
        predictions, outcomes = self._older_of(seen, end)
        start = end - (hours + RECENT) * HOUR
        if seen.slot < start:
            return Counted(Counters(), predictions, outcomes)
        traffic, recent = self._ledger.counted(seen.model, seen.version, start, end)
        return Counted(
            within(traffic, end - hours * HOUR, end), {**predictions, **rows(traffic)}, {**outcomes, **recent}
        )

    def _older_of(self, seen: CapturedVersion, end: int) -> tuple[dict[int, int], Slots]:
        top = -(-end // HOUR) * HOUR  # rounded up to the hour, so that all reads within an hour share the cache
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
