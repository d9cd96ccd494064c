"""A day of penguins as the ledger counts it, so that the monitor has something to see.

Rows are answered by the real engine and counted by the real counters against the real baseline; only DynamoDB is a
dictionary here, since a day in moto takes minutes.
"""

import math
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fairlead import quality
from fairlead.aws.s3 import S3Objects
from fairlead.drift import Counters, merge
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.feedback.ledger.reader import CapturedVersion, LedgerReader
from fairlead.feedback.versions import KnownVersions, named
from fairlead.model.manifest import Manifest, Parent
from fairlead.publishing.publish import Published
from fairlead.telemetry import capture
from testkit import penguins
from tests.functional.conftest import Store, make_store
from tests.functional.ledger_fixture import NOON, Traffic

HOUR = 3_600_000
CALLERS = 8
Row = dict[str, Any]


class Book(LedgerReader):
    """Counters in memory, read as a ledger's are; `reads` are the stretches that were asked for.

    `reported` is the slot in which outcomes were reported last.
    """

    def __init__(self) -> None:
        self.clusters: dict[tuple[str, int], Counters] = {}
        self.slots: dict[tuple[str, int], dict[int, dict[str, float]]] = {}
        self.reads: list[tuple[int, int]] = []
        self.reported = 0

    def seen(self) -> list[CapturedVersion]:
        return [
            CapturedVersion(
                model=model,
                version=version,
                slot=max(int(name.partition("_")[0]) for name in counters.clusters),
                reported=self.reported,
            )
            for (model, version), counters in self.clusters.items()
        ]

    def counted(self, model: str, version: int, start: int, end: int) -> tuple[Counters, dict[int, dict[str, float]]]:
        self.reads.append((start, end))
        clusters = self.clusters.get((model, version), Counters()).clusters
        found = {name: counts for name, counts in clusters.items() if start <= int(name.partition("_")[0]) < end}
        slots = self.slots.get((model, version), {})
        return Counters(clusters=found), {slot: counts for slot, counts in slots.items() if start <= slot < end}

    def add(self, version: tuple[str, int], traffic: Counters, slots: Mapping[int, Mapping[str, float]]) -> None:
        self.clusters[version] = merge(self.clusters.get(version, Counters()), traffic)
        into = self.slots.setdefault(version, {})
        for slot, counts in slots.items():
            there = into.setdefault(slot, {})
            for name, count in counts.items():
                there[name] = there.get(name, 0) + count


def stocked(s3_url: str, other: Store) -> Store:
    """Return a new store with the first version of each model of `other`, where other tests may have published more."""
    store = make_store(s3_url)
    mine, theirs = (S3Objects(one.client, one.env["FAIRLEAD_BUCKET"]) for one in (store, other))
    for key in theirs.keys(""):
        if key.startswith("blobs/") or key.endswith("/versions/1.json"):
            mine.put_new(key, theirs.get(key))
    return store


def another(store: Store, published: Published) -> Published:
    """Publish the same model as the next version."""

    def build(version: int, parent: Parent | None) -> Manifest:
        return msgspec.structs.replace(published.manifest, version=version, parent=parent)

    manifest, sha256 = store.registry.commit(published.manifest.model, build)
    return msgspec.structs.replace(published, manifest=manifest, sha256=sha256)


def rows(count: int, dice: random.Random) -> list[tuple[Row, str]]:
    """Return held-out penguins in a new random order, with their species."""
    _, held_out = penguins.split()
    drawn = held_out.sample(count, replace=True, random_state=dice.randrange(1 << 30))
    found = []
    for row in drawn.to_dict("records"):
        values = {
            str(name): None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()
        }
        species = str(values.pop(penguins.TARGET))
        found.append((values, species))
    return found


def play(
    book: Book,
    store: Store,
    published: Published,
    *,
    hours: range = range(24),
    now: int = NOON,
    each: int = 4,
    changed: Callable[[Row], Row] = lambda row: row,
    truth: Callable[[str, random.Random], str] = lambda species, _: species,
    delay: float | None = 0.2,
    labelled: float = 1.0,
    seed: int = 0,
) -> None:
    """Send predictions in each of these hours before `now`, and report their outcomes `delay` hours later.

    Each caller sends `each` rows an hour. No outcome is reported after `now`, and none if `delay` is None.
    """
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    traffic = Traffic(store, published)
    version = KnownVersions(S3Objects(store.client, store.env["FAIRLEAD_BUCKET"]))
    parts, found = [], []
    for hour in hours:
        for caller in range(CALLERS):
            drawn = rows(each, dice)
            request, at = str(uuid.UUID(int=dice.getrandbits(128))), now - hour * HOUR - dice.randrange(1, HOUR)
            inputs = [changed(row) for row, _ in drawn]
            [line] = traffic.lines(inputs, request=request, at=at, caller=f"caller {caller}")
            parts.append(traffic.completed(capture.decode(line)))
            if delay is None or at + delay * HOUR > now:
                continue
            reported_at, species = int(at + delay * HOUR), [one for _, one in drawn]
            reports = [
                Outcome(request=request, row=place, actual=truth(one, dice), at=reported_at, by="ada")
                for place, one in enumerate(species)
                if dice.random() < labelled
            ]
            found += [Pair(part=parts[-1], position=one.row, outcome=one) for one in reports]
    known = version.of(named(parts[0]))
    facts = published.manifest
    book.add((facts.model, facts.version), known.traffic(parts), quality.tally(known.output, found))


def heavier(row: Row) -> Row:
    """Return a row with flippers 60 mm longer."""
    return {**row, "flipper_length_mm": row["flipper_length_mm"] and row["flipper_length_mm"] + 60}


def mistaken(share: float) -> Callable[[str, random.Random], str]:
    """Return the true species, of which a share is another one than the data says."""

    def truth(species: str, dice: random.Random) -> str:
        return dice.choice(["Adelie", "Chinstrap", "Gentoo"]) if dice.random() < share else species

    return truth
