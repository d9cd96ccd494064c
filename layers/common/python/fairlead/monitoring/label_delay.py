"""Which predictions are old enough for their outcomes to be in.

Outcomes that come early are not like those that come late: complaints are quick, and nobody reports that all is well.
So quality is judged on mature predictions alone: those older than the usual delay, and younger ones only as far as
their outcomes are as complete as those of the older ones came to be. Missing or late outcomes then shorten what is
judged; they never change what it says.
"""

from collections.abc import Iterable, Mapping

from fairlead.drift.counters import SLOT
from fairlead.feedback.ledger.counter_items import Number
from fairlead.quality.counters import DELAYS

LONGEST = 720
"""Hours taken for outcomes that are later than the last bound of DELAYS."""
BOUNDS = (*DELAYS, LONGEST)
USUAL = 0.9
"""Share of outcomes that has come by the usual delay, and share of the usual coverage that counts as complete."""
HOUR = 3600 // SLOT
"""Slots of an hour."""

Slots = Mapping[int, Mapping[str, Number]]


def usual_delay(slots: Iterable[Mapping[str, Number]]) -> int | None:
    """Return the hours within which 90 % of outcomes came, rounded up to a bound; None without an outcome."""
    counts = list(slots)
    late = [sum(one.get(f"d{place}", 0) for one in counts) for place in range(len(BOUNDS))]
    come, whole = 0.0, sum(late)
    for bound, some in zip(BOUNDS, late, strict=True):
        come += some
        if whole and come >= USUAL * whole:
            return bound
    return None


def matured(predictions: Mapping[int, int], quality: Slots, end: int, delay: int | None) -> int:
    """Return the slot before which predictions are mature, `end` at the latest, which is now."""
    if delay is None:
        return end
    old = end - delay * HOUR
    complete = USUAL * (coverage(predictions, quality, old) or 1.0)
    mature, asked, known = old, 0, 0.0
    for slot in sorted(slot for slot in predictions if old <= slot < end):
        asked += predictions[slot]
        known += quality.get(slot, {}).get("outcomes", 0)
        if known >= complete * asked:
            mature = slot + 1
    # What nothing was asked after is as mature as what was asked before it.
    return end if mature > max(predictions, default=old) else mature


def coverage(predictions: Mapping[int, int], quality: Slots, before: int, *, since: int = 0) -> float | None:
    """Return outcomes over predictions in these slots; None without a prediction."""
    asked = sum(rows for slot, rows in predictions.items() if since <= slot < before)
    known = sum(counts.get("outcomes", 0) for slot, counts in quality.items() if since <= slot < before)
    return min(1.0, known / asked) if asked else None
