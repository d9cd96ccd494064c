"""Cells that values are counted in. The baseline defines them, so the counts of any window can be compared with it.

A number has the baseline's bins, a cell on either side for values outside its range, and a cell for missing values.
Categories have a cell for each one that the baseline names, a cell for all others, and a cell for missing values.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from fairlead.model.baseline import Baseline, Categories, Numbers
from fairlead.model.signature import Scalar

Of = Literal["input", "label", "score"]


class Cells(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of one input, of the answered label, or of a score (of a class or a target).

    `at` is its position among the baseline's inputs or scores; `expected` are the baseline's rows in each cell.
    """

    of: Of
    at: int
    name: Scalar
    seen: Numbers | Categories
    expected: tuple[int, ...]
    text: bool = False

    @property
    def prefix(self) -> str:
        """The name in counters, before the cell's number."""
        return f"{self.of[0]}{self.at}_"

    @property
    def outside(self) -> tuple[int, ...]:
        """The cells of values that the baseline did not see or does not name."""
        return (0, len(self.expected) - 2) if isinstance(self.seen, Numbers) else (len(self.expected) - 2,)

    @property
    def missing(self) -> int:
        """The cell of missing values, the last one."""
        return len(self.expected) - 1


def cells_of(baseline: Baseline) -> tuple[Cells, ...]:
    """Return the cells of everything that drift is judged on: inputs in the signature's order, the label, the scores.

    The probability of the first of two classes is left out: it follows from the second one's.
    """
    labels, scores = baseline.predictions.labels, baseline.predictions.scores
    inputs = [
        Cells(
            of="input",
            at=at,
            name=feature.name,
            seen=feature.seen,
            expected=_expected(feature.seen, feature.missing),
            text=feature.kind == "text",
        )
        for at, feature in enumerate(baseline.features)
    ]
    label = (
        [] if labels is None else [Cells(of="label", at=0, name="label", seen=labels, expected=_expected(labels, 0))]
    )
    answered = [
        Cells(of="score", at=at, name=score.of, seen=score.seen, expected=_expected(score.seen, 0))
        for at, score in enumerate(scores)
    ]
    two_classes = labels is not None and len(scores) == 2
    return (*inputs, *label, *(answered[1:] if two_classes else answered))


def _expected(seen: Numbers | Categories, missing: int) -> tuple[int, ...]:
    return (0, *seen.counts, 0, missing) if isinstance(seen, Numbers) else (*seen.counts, seen.other, missing)


class CellCounter:
    """Counts values by cell; the loops run in C."""

    def __init__(self, cells: Cells) -> None:
        self.prefix = cells.prefix
        self._missing = cells.missing
        self._text = cells.text
        self._edges: list[float] | None = None
        if isinstance(cells.seen, Numbers):
            self._edges = _edges(cells.seen)
        else:
            self._cell = {value: cell for cell, value in enumerate(cells.seen.values)}
            self._other = len(cells.seen.values)

    def count(self, values: Sequence[Any]) -> dict[int, int]:
        """Return the rows in each cell; None is missing, UNSET was not captured and is not counted."""
        present = [value for value in values if value is not None and value is not msgspec.UNSET]
        found = self._numbers(present) if self._edges is not None else self._categories(present)
        if len(present) < len(values) and (missing := sum(value is None for value in values)):
            found[self._missing] = missing
        return found

    def _numbers(self, present: Sequence[Any]) -> dict[int, int]:
        values: Iterable[float] = map(len, present) if self._text else present
        edges = self._edges
        return Counter([bisect_right(edges, value) for value in values])  # type: ignore[arg-type]  # not None here

    def _categories(self, present: Sequence[Any]) -> dict[int, int]:
        found: dict[int, int] = {}
        for value, rows in Counter(present).items():
            cell = self._cell.get(value, self._other)
            found[cell] = found.get(cell, 0) + rows
        return found


def _edges(seen: Numbers) -> list[float]:
    """Return the bins' edges and the ends of the range: below it is cell 0, above it the last cell before missing."""
    if seen.low is None or seen.high is None:
        return [-math.inf]  # nothing was seen, so nothing lies outside
    return [seen.low, *seen.edges, math.nextafter(seen.high, math.inf)]
