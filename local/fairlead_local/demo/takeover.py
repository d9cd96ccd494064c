"""Whether a person moves releases while the story runs: then they have the cloud for themselves."""

from fairlead.journal import Journal
from fairlead.moves import CODEDEPLOY, Record

MOVES = frozenset({"intended", "moved", "retired", "pruned"})


class Takeover:
    """Tells a person's records from the story's own, which `mine` passes over."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen = journal.last()

    def mine(self) -> None:
        """Take what is on record by now as the story's own."""
        self._seen = self._journal.last()

    def others(self) -> Record | None:
        """Return the first record since then by which a person moves, or is about to move, a release."""
        tail = self._journal.all()
        fresh = tail[: max(0, tail.newest - self._seen)]
        return next((one for one in reversed(fresh) if one.kind in MOVES and _person(one.by)), None)


def _person(by: str) -> bool:
    return by != CODEDEPLOY and ":assumed-role/" not in by
