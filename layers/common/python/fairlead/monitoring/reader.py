"""Looking: the ledger's counters of each version of a model, against what the registry says of that version.

Traffic is seen in a window that ends now. Outcomes come late, so their window ends where predictions are mature: a day,
three days, a week or a month ago, and these stretches are read too, once an hour.
"""

from collections.abc import Sequence
from typing import NamedTuple

from fairlead import drift
from fairlead.drift.counters import SLOT, Counters
from fairlead.feedback.ledger.reader import LedgerReader, Seen
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
"""Hours before now at which older stretches end, a day each; the recent one covers what is sooner."""
RECENT = 6
"""Hours that the recent stretch is longer than a window, because so late outcomes may be."""


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
            self._known[model, version] = Known(manifest, reference, primary_metric.primary(manifest, self._reading))
        return self._known[model, version]

    def window(self, model: str, seen: Sequence[Seen], at: float, *, hours: int = HOURS) -> Window:
        """Read the counters of a model's versions at a moment (seconds since 1970); raises StorageError."""
        end = int(at) // SLOT + 1
        versions = {one.version: self._counted(one, end, hours) for one in seen}
        delay = label_delay.usual_delay(counts for one in versions.values() for counts in one.outcomes.values())
        return Window(model, at, end, hours, delay, versions)

    def view(self, window: Window, version: int, *, live: bool) -> View:
        """See one version in a window; raises what `known` raises."""
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
