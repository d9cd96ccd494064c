"""Scoring: what was captured goes into the ledger, and each pair of prediction and outcome is counted once.

Both functions that write the ledger end here: whichever half of a pair comes second finds the first. A half is written
before the other is looked for; what is looked for includes halves that were known before, because whoever wrote those
may have died before scoring them.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec

from fairlead import quality
from fairlead.drift.counters import cluster
from fairlead.errors import FairleadError
from fairlead.feedback.ledger import Ledger, Pair
from fairlead.feedback.ledger.reader import AT_ONCE
from fairlead.feedback.versions import KnownVersions, Named, UnknownVersionError, named
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import pairs

MOST_UNKNOWN = 100
"""Versions that one delivery may ask the registry for in vain. Predict writes one version a delivery, and pins; what
names more of them was not written by predict, and asking would outlast the function."""


class Unfit(NamedTuple):
    """A pair that cannot be counted, and why."""

    pair: Pair
    why: str


Told = Callable[[Sequence[Unfit]], None]
"""Takes pairs that cannot be counted, before they are marked invalid."""


class Taken(msgspec.Struct, kw_only=True):
    """What became of some parts: how many are new, how many known before, how many pairs were scored.

    `unfit` of the scored pairs cannot be counted. `refused` says of the parts that are not of a version of ours, by
    their place, why.
    """

    captured: int = 0
    duplicates: int = 0
    scored: int = 0
    unfit: int = 0
    refused: dict[int, str] = {}


class Scorer:
    """One ledger, and the registry that says what its rows mean."""

    def __init__(self, ledger: Ledger, versions: KnownVersions) -> None:
        self._ledger = ledger
        self._versions = versions

    def take(self, parts: Sequence[Part], tell: Told = lambda _: None) -> Taken:
        """Keep and count parts, and score what is pending of their requests.

        What one version fails on does not hold up the others; then the first failure is raised. All of it can be
        done again: nothing is counted twice.
        """
        taken = Taken(refused={})

        def told(found: Sequence[Unfit]) -> None:
            tell(found)
            taken.unfit += len(found)

        failures: list[FairleadError] = []
        unknown = 0
        for name, places in _by_version(parts).items():
            some = {place: parts[place] for place in places}
            if unknown >= MOST_UNKNOWN and not self._versions.has(name):
                taken.refused |= dict.fromkeys(some, f"one delivery names more than {MOST_UNKNOWN} unknown versions")
                continue
            try:
                self._take(name, some, taken, told)
            except UnknownVersionError as error:
                taken.refused |= dict.fromkeys(some, str(error))
                unknown += 1
            except FairleadError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return taken

    def score(self, found: Iterable[Pair], tell: Told = lambda _: None) -> int:
        """Score pairs that nobody has scored yet; returns how many these were.

        Those that cannot be counted are told of and marked invalid; where their version is unknown, they only are told
        of. What one version fails on does not hold up the others; then the first failure is raised.
        """
        by_version: dict[Named, list[Pair]] = {}
        # A transaction takes each item once, and one that does not would be refused for ever.
        for pair in {(pair.part.request, pair.outcome.row): pair for pair in found}.values():
            by_version.setdefault(named(pair.part), []).append(pair)
        done = 0
        failures: list[FairleadError] = []
        for name, some in by_version.items():
            try:
                done += self._score(name, some, tell)
            except UnknownVersionError as error:
                tell([Unfit(pair, str(error)) for pair in some])
            except FairleadError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return done

    def _take(self, name: Named, parts: dict[int, Part], taken: Taken, told: Told) -> None:
        version = self._versions.of(name)
        refused = {place: why for place, part in parts.items() if (why := version.misfit(part))}
        taken.refused |= refused
        good = [part for place, part in parts.items() if place not in refused]
        new = self._ledger.record_parts(_in_order(good), version.traffic)
        taken.captured += len(new)
        taken.duplicates += len(good) - len(new)
        taken.scored += self.score(self._pending(dict.fromkeys(part.request for part in good)), told)

    def _pending(self, requests: Iterable[str]) -> list[Pair]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [pair for some in pool.map(self._pairs_of, requests) for pair in some]

    def _pairs_of(self, request: str) -> list[Pair]:
        # Most requests have no outcome yet: only of those that have are the rows read, which are large.
        if not any(one.state == "pending" for one in self._ledger.outcomes(request)):
            return []
        return pairs(*self._ledger.request(request))

    def _score(self, name: Named, found: Sequence[Pair], tell: Told) -> int:
        output = self._versions.of(name).output
        if unfit := [Unfit(pair, why) for pair in found if (why := quality.pair_error(output, pair))]:
            tell(unfit)
        done = self._ledger.score(
            found, lambda pair: not quality.pair_error(output, pair), lambda some: quality.tally(output, some)
        )
        return len(done)


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """Leave out parts that one delivery brings twice: a transaction takes each item once.

    Parts of one cluster come together: a transaction then adds to few counters, which is most of what it costs.
    """
    once = {(part.request, part.first): part for part in reversed(parts)}.values()
    return sorted(once, key=lambda part: cluster(part.caller, part.at // 1000))


def _by_version(parts: Sequence[Part]) -> dict[Named, list[int]]:
    """Return the places of each version's parts, those of the version with most parts first."""
    places: dict[Named, list[int]] = {}
    for place, part in enumerate(parts):
        places.setdefault(named(part), []).append(place)
    return dict(sorted(places.items(), key=lambda one: -len(one[1])))
