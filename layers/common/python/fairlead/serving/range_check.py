"""Compares each request with the ranges of the model's data: an early, cheap sign of drift."""

from collections.abc import Sequence

import numpy as np

from fairlead.api.instances import Row
from fairlead.engines.row_packing import reader
from fairlead.model.signature import Signature


class Ranges:
    """The ranges and categories of the model's data, compared with rows column by column."""

    def __init__(self, signature: Signature) -> None:
        self._width = len(signature.inputs)
        numbers = [
            (position, field.minimum, field.maximum)
            for position, field in enumerate(signature.inputs)
            if field.minimum is not None and field.maximum is not None
        ]
        self._numbers = reader([position for position, _, _ in numbers], self._width) if numbers else None
        self._lowest = np.array([low for _, low, _ in numbers])
        self._highest = np.array([high for _, _, high in numbers])
        self._categories = [
            (position, frozenset(field.categories))
            for position, field in enumerate(signature.inputs)
            if field.categories is not None and not field.closed
        ]

    def share_outside(self, rows: Sequence[Row]) -> float:
        """Return the share (0–1) of all values that lie outside; missing values count as inside."""
        outside = 0
        if self._numbers:
            matrix = self._numbers(rows)
            # NaN is neither below nor above.
            outside = int(np.count_nonzero((matrix < self._lowest) | (matrix > self._highest)))
        for position, known in self._categories:
            outside += sum(row[position] is not None and row[position] not in known for row in rows)
        return outside / (len(rows) * self._width)
