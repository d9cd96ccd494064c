"""What the ledger holds, as facts."""

from typing import Any, Literal

import msgspec

from fairlead.model.signature import Scalar
from fairlead.telemetry.capture import Part

Actual = Scalar | dict[str, float]
"""What really happened: a class, a value, or values by name where the model has several targets."""
State = Literal["pending", "scored", "invalid"]
Result = Literal["recorded", "duplicate", "conflict", "accepted"]
"""Of a reported outcome: new and its prediction known; said before; said otherwise before, so not taken; new, and its
prediction not known (yet)."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What really happened to row `row` of a request, reported at `at` (ms since 1970) by an ARN."""

    request: str
    row: int
    actual: Actual
    at: int
    by: str
    comment: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome as the ledger has it: the first that was reported, and how often it was contradicted since."""

    outcome: Outcome
    state: State
    conflicts: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction and its outcome. `position` is the row's place within its part.

    `conflicts` is how often the outcome was contradicted, where it was read from the ledger.
    """

    part: Part
    position: int
    outcome: Outcome
    conflicts: int = 0

    def column(self, name: Literal["rows", "labels", "probabilities", "values", "scores"]) -> Any:
        """Return this row's member of a column of its part; None where the task has no such column."""
        column = getattr(self.part, name)
        return None if column is None else column[self.position]


def pairs(parts: list[Part], kept: list[Kept]) -> list[Pair]:
    """Join the parts of one request with its outcomes that nobody has scored yet."""
    waiting = {one.outcome.row: one.outcome for one in kept if one.state == "pending"}
    return [
        Pair(part=part, position=row - part.first, outcome=waiting[row])
        for part in parts
        for row in range(part.first, part.first + len(part.rows))
        if row in waiting
    ]
