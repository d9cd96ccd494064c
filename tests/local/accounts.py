"""Compares the ledger's items, counters and index for some requests, which must agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.quality.metrics import total


@dataclass
class Books:
    """Rows, and outcomes by state and how often contradicted, by items; both by counters; pairs by the index."""

    rows: int = 0
    states: Counter[str] = field(default_factory=Counter)
    contradictions: int = 0
    counted_rows: int = 0
    counters: dict[str, float] = field(default_factory=dict)
    labelled: int = 0

    def hold(self, *, rows: int, outcomes: int, contradictions: int = 0) -> bool:
        """Return whether the ledger holds so many pairs, all scored, none missing and none twice."""
        assert self.rows == self.counted_rows == rows
        assert self.states == ({"scored": outcomes} if outcomes else {})
        assert self.labelled == self.counters.get("outcomes", 0) == outcomes
        assert self.contradictions == self.counters.get("conflicts", 0) == contradictions
        assert self.counters.get("invalid", 0) == 0
        return True


def read(
    ledger: LedgerReader, requests: Sequence[str], model: str, versions: Sequence[int], slots: tuple[int, int]
) -> Books:
    """Read items by request, counters and index by version."""
    found = Books()
    for request in requests:
        parts, kept = ledger.request(request)
        found.rows += sum(len(part.rows) for part in parts)
        found.states.update(one.state for one in kept)
        found.contradictions += sum(one.conflicts for one in kept)
    for version in versions:
        traffic, counted = ledger.counted(model, version, *slots)
        found.counted_rows += sum(one.get("rows", 0) for one in traffic.clusters.values())
        for name, count in total(counted).items():
            found.counters[name] = found.counters.get(name, 0) + count
        found.labelled += sum(1 for slot in counted for _ in ledger.labelled(model, version, slot, slot + 1))
    return found
