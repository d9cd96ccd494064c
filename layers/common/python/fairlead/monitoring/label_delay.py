"""Label delay: which predictions are mature, that is old enough for their outcomes to be known.

Early outcomes are not representative: complaints arrive quickly, and good results may never be reported. So quality is
judged on mature predictions only. These are older than the usual delay, or younger with outcomes as complete as those
of older predictions. Missing or late outcomes then shorten the judged window, but do not bias its figure.
"""

from collections.abc import Iterable, Mapping

from fairlead.drift.counters import SLOT, Number
from fairlead.quality.counters import DELAYS

LONGEST = 720
"""Assumed delay in hours of outcomes later than the last bound of DELAYS."""
BOUNDS = (*DELAYS, LONGEST)
USUAL = 0.9
"""Share of outcomes that has arrived by the usual delay, and share of the usual coverage that counts as complete."""
HOUR = 3600 // SLOT
"""Slots per hour."""

Slots = Mapping[int, Mapping[str, Number]]


def usual_delay(slots: Iterable[Mapping[str, Number]]) -> int | None:
    """Return the hours within which 90 % of outcomes arrived, rounded up to a bound; None without an outcome."""
    counts = list(slots)
    late = [sum(one.get(f"d{place}", 0) for one in counts) for place in range(len(BOUNDS))]
    come, whole = 0.0, sum(late)
    for bound, some in zip(BOUNDS, late, strict=True):
        come += some
        if whole and come >= USUAL * whole:
            return bound
    return None


def matured(predictions: Mapping[int, int], quality: Slots, end: int, delay: int | None) -> int:
    """Return the slot before which predictions are mature; at the latest `end`, which is now."""
    if delay is None:
        return end
    old = end - delay * HOUR
    complete = USUAL * (coverage(predictions, quality, old) or 1.0)
    mature, predicted, known = old, 0, 0.0
    for slot in sorted(slot for slot in predictions if old <= slot < end):
        predicted += predictions[slot]
        known += quality.get(slot, {}).get("outcomes", 0)
        if known >= complete * predicted:
            mature = slot + 1
    # Without predictions after the last mature one, the rest of the window is mature too.
    return end if mature > max(predictions, default=old) else mature


def coverage(predictions: Mapping[int, int], quality: Slots, before: int, *, since: int = 0) -> float | None:
    """Return outcomes over predictions in these slots; None without a prediction."""
    predicted = sum(rows for slot, rows in predictions.items() if since <= slot < before)
    known = sum(counts.get("outcomes", 0) for slot, counts in quality.items() if since <= slot < before)
    return min(1.0, known / predicted) if predicted else None
