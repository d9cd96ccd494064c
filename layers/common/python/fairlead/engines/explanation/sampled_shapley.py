"""Shapley values of any model, sampled: an engine answers rows between a background row and the explained row.

Each background row gets one order of the fields and its reverse, which cancels much of the noise (Mitchell et al.,
"Sampling permutations for Shapley value estimation", JMLR 23, 2022). The contributions of a row add up exactly to its
answer minus the mean answer of the background, and their standard errors come from the spread over the background.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fairlead.engines import Engine
from fairlead.model.answers import Answers

Array = np.ndarray[Any, Any]
Row = tuple[Any, ...]
Measure = Callable[[Answers, int], Array]
"""The explained number of every answer, for one output."""
SEED = 20_260_101
MOST_ROWS = 4_096
"""Rows that the engine gets at once."""


class SampledShapley:
    """Shapley values over the fields, against at least two background rows."""

    def __init__(self, engine: Engine, background: Sequence[Row], measure: Measure) -> None:
        self._engine = engine
        self._background = [tuple(row) for row in background]
        self._measure = measure
        generator = np.random.default_rng(SEED)
        width = len(self._background[0])
        forward = [generator.permutation(width).tolist() for _ in self._background]
        self._orders = [order for one in forward for order in (one, one[::-1])]
        self._starts: Answers | None = None

    def explain(self, row: Row, output: int) -> tuple[float, Array, Array]:
        """Return the base value, contributions and standard errors, shape (fields,), of one row's output."""
        if self._starts is None:
            self._starts = self._engine.answer(self._background)
        starts = np.repeat(self._measure(self._starts, output), 2)
        walks = [self._walk(self._background[at // 2], row, order) for at, order in enumerate(self._orders)]
        steps = len(row) - 1
        between = self._measured([one for walk in walks for one in walk], output).reshape(len(walks), steps)
        end = np.full((len(walks), 1), self._measured([row], output)[0])
        gains = np.diff(np.hstack([starts[:, None], between, end]), axis=1)
        found = np.empty_like(gains)
        np.put_along_axis(found, np.array(self._orders), gains, axis=1)
        pairs = (found[::2] + found[1::2]) / 2
        errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
        return float(starts.mean()), pairs.mean(axis=0), errors

    def _walk(self, start: Row, row: Row, order: Sequence[int]) -> list[Row]:
        """Return the rows on the way from a background row to a row, without both ends."""
        current = list(start)
        walked = []
        for field in order[:-1]:
            current[field] = row[field]
            walked.append(tuple(current))
        return walked

    def _measured(self, rows: list[Row], output: int) -> Array:
        parts = [
            self._measure(self._engine.answer(rows[at : at + MOST_ROWS]), output)
            for at in range(0, len(rows), MOST_ROWS)
        ]
        return np.concatenate(parts) if parts else np.empty(0)
