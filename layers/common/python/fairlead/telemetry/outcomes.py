"""The data types of the ledger: outcomes, and pairs of prediction and outcome."""

from typing import Any, Literal

import msgspec

from fairlead.model.signature import Scalar
from fairlead.telemetry.capture import Part

Actual = Scalar | dict[str, float]
"""An outcome's content: a class, a value, or values by name for a model with several targets."""
State = Literal["pending", "scored", "invalid"]
Result = Literal["recorded", "duplicate", "conflict", "accepted"]
"""Result of a reported outcome. recorded: new, its prediction is known. duplicate: equal to the first report.
conflict: unlike the first report, so not counted. accepted: new, its prediction is not known (yet)."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of row `row` of a request, reported at `at` (ms since 1970) by the ARN `by`."""

    request: str
    row: int
    actual: Actual
    at: int
    by: str
    comment: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome in the ledger: the first that was reported, and the number of conflicting reports since."""

    outcome: Outcome
    state: State
    conflicts: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction and its outcome. `position` is the row's index within its part.

    `conflicts` is the number of conflicting reports if the pair was read from the ledger.
    """

    part: Part
    position: int
    outcome: Outcome
    conflicts: int = 0

    def column(self, name: Literal["rows", "labels", "probabilities", "values", "scores"]) -> Any:
        """Return this row's value in a column of its part; None if the part has no such column."""
        column = getattr(self.part, name)
        return None if column is None else column[self.position]


def pairs(parts: list[Part], kept: list[Kept]) -> list[Pair]:
    """Return the pairs of one request's predictions and its outcomes that are not scored yet."""
    waiting = {one.outcome.row: one.outcome for one in kept if one.state == "pending"}
    return [
        Pair(part=part, position=row - part.first, outcome=waiting[row])
        for part in parts
        for row in range(part.first, part.first + len(part.rows))
        if row in waiting
    ]
