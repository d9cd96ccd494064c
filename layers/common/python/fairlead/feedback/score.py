"""Scoring: captured parts go into the ledger, and each pair of prediction and outcome is counted once.

Both functions that write the ledger use this module: the second half of a pair finds the first. Each half is written
before the other is searched. The search includes halves known before, because their writer may have crashed before
scoring them.
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
from fairlead.feedback.versions import KnownVersions, UnknownVersionError, VersionName, named
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import pairs

MOST_UNKNOWN = 100
"""Unknown versions that one delivery may look up in the registry. Predict's log names few versions: the live one and
pinned ones. A delivery with more was not written by predict, and looking them all up would exceed the timeout."""


class Unfit(NamedTuple):
    """A pair that cannot be counted, and why."""

    pair: Pair
    why: str


UnfitHandler = Callable[[Sequence[Unfit]], None]
"""Takes pairs that cannot be counted, before they are marked invalid."""


class Taken(msgspec.Struct, kw_only=True):
    """Result of recording parts: new parts, parts known before, pairs scored.

    `unfit` of the scored pairs cannot be counted. `refused` has the reason for each part that does not belong to a
    known version, by the part's index.
    """

    captured: int = 0
    duplicates: int = 0
    scored: int = 0
    unfit: int = 0
    refused: dict[int, str] = {}


class Scorer:
    """Scores pairs of one ledger, with signatures from the registry."""

    def __init__(self, ledger: Ledger, versions: KnownVersions) -> None:
        self._ledger = ledger
        self._versions = versions

    def take(self, parts: Sequence[Part], on_unfit: UnfitHandler = lambda _: None) -> Taken:
        """Store and count parts, and score the pending outcomes of their requests.

        One version's failure does not stop the others; the first error is raised at the end. All of it is idempotent:
        a part or pair is counted once.
        """
        taken = Taken(refused={})

        def count_unfit(found: Sequence[Unfit]) -> None:
            on_unfit(found)
            taken.unfit += len(found)

        failures: list[FairleadError] = []
        unknown = 0
        for name, places in _by_version(parts).items():
            some = {place: parts[place] for place in places}
            if unknown >= MOST_UNKNOWN and not self._versions.has(name):
                taken.refused |= dict.fromkeys(some, f"one delivery names more than {MOST_UNKNOWN} unknown versions")
                continue
            try:
                self._take(name, some, taken, count_unfit)
            except UnknownVersionError as error:
                taken.refused |= dict.fromkeys(some, str(error))
                unknown += 1
            except FairleadError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return taken

    def score(self, found: Iterable[Pair], on_unfit: UnfitHandler = lambda _: None) -> int:
        """Score pairs that are not scored yet; returns their number.

        `on_unfit` gets the pairs that cannot be counted. They are marked invalid, unless their version is unknown.
        One version's failure does not stop the others; the first error is raised at the end.
        """
        by_version: dict[VersionName, list[Pair]] = {}
        # A transaction may name each item only once; DynamoDB would refuse it for ever otherwise.
        for pair in {(pair.part.request, pair.outcome.row): pair for pair in found}.values():
            by_version.setdefault(named(pair.part), []).append(pair)
        done = 0
        failures: list[FairleadError] = []
        for name, some in by_version.items():
            try:
                done += self._score(name, some, on_unfit)
            except UnknownVersionError as error:
                on_unfit([Unfit(pair, str(error)) for pair in some])
            except FairleadError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return done

    def _take(self, name: VersionName, parts: dict[int, Part], taken: Taken, count_unfit: UnfitHandler) -> None:
        version = self._versions.of(name)
        parts = {place: version.completed(part) for place, part in parts.items()}
        refused = {place: why for place, part in parts.items() if (why := version.misfit(part))}
        taken.refused |= refused
        good = [part for place, part in parts.items() if place not in refused]
        new = self._ledger.record_parts(_in_order(good), version.traffic)
        taken.captured += len(new)
        taken.duplicates += len(good) - len(new)
        taken.scored += self.score(self._pending(dict.fromkeys(part.request for part in good)), count_unfit)

    def _pending(self, requests: Iterable[str]) -> list[Pair]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [pair for some in pool.map(self._pairs_of, requests) for pair in some]

    def _pairs_of(self, request: str) -> list[Pair]:
        # Most requests have no outcome yet. Rows are large, so they are read only for requests with outcomes.
        if not any(one.state == "pending" for one in self._ledger.outcomes(request)):
            return []
        return pairs(*self._ledger.request(request))

    def _score(self, name: VersionName, found: Sequence[Pair], on_unfit: UnfitHandler) -> int:
        output = self._versions.of(name).output
        if unfit := [Unfit(pair, why) for pair in found if (why := quality.pair_error(output, pair))]:
            on_unfit(unfit)
        done = self._ledger.score(
            found, lambda pair: not quality.pair_error(output, pair), lambda some: quality.tally(output, some)
        )
        return len(done)


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """Return the parts without repeats, sorted by cluster: a transaction may name each item only once.

    A transaction over one cluster adds to few counters, which are most of its cost.
    """
    once = {(part.request, part.first): part for part in reversed(parts)}.values()
    return sorted(once, key=lambda part: cluster(part.caller, part.at // 1000))


def _by_version(parts: Sequence[Part]) -> dict[VersionName, list[int]]:
    """Return the indexes of each version's parts; the version with most parts comes first."""
    places: dict[VersionName, list[int]] = {}
    for place, part in enumerate(parts):
        places.setdefault(named(part), []).append(place)
    return dict(sorted(places.items(), key=lambda one: -len(one[1])))
