"""Shadow: a version that nobody reaches answers what callers asked the live one."""

from collections.abc import Callable
from itertools import islice

import msgspec

from fairlead import comparing
from fairlead.asking import Asked
from fairlead.comparing import Shadow
from fairlead.drift.counters import SLOT
from fairlead.errors import ReleaseError
from fairlead.ledger.reading import LedgerReader
from fairlead.moves import Release
from fairlead.registry import Registry


class Shadowed(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared over which hours, and how the candidate did."""

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
    ask: Callable[[str], Asked],
    now: float,
    hours: float,
    most: int,
) -> Shadowed:
    """Compare a frozen candidate with the live release on the last `hours` of captured rows, at most `most` requests.

    `now` is seconds since 1970. Raises ReleaseError where the two do not answer the same question.
    """
    outputs = [registry.manifest(one.model or "", one.version)[0].signature.output for one in (candidate, live)]
    if outputs[0] != outputs[1]:
        raise ReleaseError(f"{candidate} and {live} answer different things: their answers cannot be compared")
    end = int(now) // SLOT + 1
    where = (live.model or "", live.version, end - max(1, round(hours * 3600 / SLOT)), end)
    found = comparing.shadow(
        ask(candidate.release), outputs[0], islice(ledger.captured(*where), most), islice(ledger.labelled(*where), most)
    )
    return Shadowed(candidate=candidate, live=live, hours=hours, shadow=found)
