"""Time and cost of a call at other memory sizes, by the share of a vCPU that Lambda gives to each.

Lambda gives CPU in proportion to memory, one whole vCPU at 1,769 MB:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html. A prediction is one thread that computes, so its
time grows as the share falls, and more than one vCPU does not help.
"""

from collections.abc import Sequence
from math import ceil

import msgspec

from fairlead import prices

WHOLE = 1769
"""Megabytes that get one whole vCPU."""
STEPS = (512, 768, 1024, 1280, 1536, WHOLE, 3008)
NEARLY = 1.05
HEADROOM = 1.25
"""Memory over the measured calls' use: larger requests use more."""


class MemoryStep(msgspec.Struct, frozen=True, kw_only=True):
    """One memory size in MB, its share of a vCPU (0–1), and times of a call in ms; dollars are for a million calls.

    `fits` says whether the memory suffices with headroom, and the slow call stays within the limit.
    """

    memory: int
    share: float
    median_ms: float
    slow_ms: float
    dollars: float
    fits: bool


def share(memory: int) -> float:
    """Return the share of one vCPU that a thread has at this memory size in MB."""
    return min(1.0, memory / WHOLE)


def steps(
    times_ms: Sequence[float], *, measured_share: float, used_mb: int, slowest_ms: float, architecture: str
) -> tuple[MemoryStep, ...]:
    """Return every memory size with the measured times scaled to it.

    `times_ms` were measured with `measured_share` of a vCPU. A call may take `slowest_ms` at the 99th percentile.
    """
    ordered = sorted(times_ms)
    second = prices.GIGABYTE_SECOND[architecture]
    found = []
    for memory in STEPS:
        scaled = [one * measured_share / share(memory) for one in ordered]
        billed = sum(map(ceil, scaled)) / len(scaled) / 1000  # Lambda rounds each call up to a millisecond
        slow = _at(scaled, 0.99)
        found.append(
            MemoryStep(
                memory=memory,
                share=share(memory),
                median_ms=_at(scaled, 0.5),
                slow_ms=slow,
                dollars=1e6 * (prices.INVOCATION + billed * memory / 1024 * second),
                fits=memory >= used_mb * HEADROOM and slow <= slowest_ms,
            )
        )
    return tuple(found)


def recommended(found: Sequence[MemoryStep]) -> MemoryStep | None:
    """Return the fastest size among those that fit and cost nearly as little as the cheapest; None if no size fits.

    Half the memory takes twice as long, so that below one vCPU all sizes cost nearly the same.
    """
    fitting = [one for one in found if one.fits]
    if not fitting:
        return None
    most = min(one.dollars for one in fitting) * NEARLY
    return min((one for one in fitting if one.dollars <= most), key=lambda one: (one.slow_ms, one.dollars))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, ceil(share * len(ordered)) - 1)]
