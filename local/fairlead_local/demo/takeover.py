"""Detects that an operator moves releases; then the demo stops."""

from fairlead.journal.journal import Journal
from fairlead.journal.records import CODEDEPLOY, Record

MOVES = frozenset({"intended", "moved", "retired", "pruned"})


class Takeover:
    """Tells an operator's records in the journal from the demo's own, which `mine` skips."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen = journal.last()

    def mine(self) -> None:
        """Count all records so far as the demo's own."""
        self._seen = self._journal.last()

    def others(self) -> Record | None:
        """Return the first later record by which an operator moves a release or starts to."""
        tail = self._journal.all()
        fresh = tail[: max(0, tail.newest - self._seen)]
        return next((one for one in reversed(fresh) if one.kind in MOVES and _person(one.by)), None)


def _person(by: str) -> bool:
    return by != CODEDEPLOY and ":assumed-role/" not in by
