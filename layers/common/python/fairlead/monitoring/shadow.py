"""Shadow evaluation: a version without traffic answers the captured rows of the live release."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from fairlead.aws.release_client import ReleaseClient
from fairlead.drift.counters import SLOT
from fairlead.errors import ReleaseError
from fairlead.feedback.ledger import Pair
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.model.release import Release
from fairlead.monitoring import replay
from fairlead.monitoring.replay import Shadow
from fairlead.registry.store import Registry
from fairlead.telemetry.capture import Part


class Shadowed(msgspec.Struct, frozen=True, kw_only=True):
    """The compared releases, the hours covered, and the candidate's result."""

    candidate: Release
    live: Release
    hours: float
    shadow: Shadow


def shadowed(
    registry: Registry,
    ledger: LedgerReader,
    candidate: Release,
    live: Release,
    *,
    ask: Callable[[str], ReleaseClient],
    now: float,
    hours: float,
    most: int,
) -> Shadowed:
    """Compare a frozen candidate with the live release on the last `hours` of captured rows, at most `most` requests.

    `now` is seconds since 1970. Raises ReleaseError if the two releases' answers cannot be compared.
    """
    output, why = replay.live_output(registry, live, candidate)
    if why:
        raise ReleaseError(f"the answers of {candidate} and {live} cannot be compared: {why}")
    end = int(now) // SLOT + 1
    captured = _Captured(ledger, live, end - max(1, round(hours * 3600 / SLOT)), end)
    found = replay.shadow(
        ask(candidate.release), output, islice(captured.parts(), most), islice(captured.pairs(), most)
    )
    return Shadowed(candidate=candidate, live=live, hours=hours, shadow=found)


class _Captured:
    """A release's captured parts and outcomes, latest first; only slots with data are read."""

    def __init__(self, ledger: LedgerReader, live: Release, start: int, end: int) -> None:
        self._ledger = ledger
        self._of = (live.model or "", live.version)
        traffic, outcomes = ledger.counted(*self._of, start, end)
        self._busy = sorted({int(name.partition("_")[0]) for name in traffic.clusters}, reverse=True)
        self._known = sorted(outcomes, reverse=True)

    def parts(self) -> Iterator[Part]:
        for slot in self._busy:
            yield from self._ledger.captured(*self._of, slot, slot + 1)

    def pairs(self) -> Iterator[Pair]:
        for slot in self._known:
            yield from self._ledger.labelled(*self._of, slot, slot + 1)
