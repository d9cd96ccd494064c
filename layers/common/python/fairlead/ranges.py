"""How far a request lies from what the model was shown: a first, cheap sign of drift, counted on every request."""

from collections.abc import Sequence

from fairlead.requests import Row
from fairlead.signature import Signature


class Ranges:
    """The ranges and categories that the data showed, ready to be compared column by column."""

    def __init__(self, signature: Signature) -> None:
        self._width = len(signature.inputs)
        self._numbers = [
            (position, field.minimum, field.maximum, field.nullable)
            for position, field in enumerate(signature.inputs)
            if field.minimum is not None and field.maximum is not None
        ]
        self._categories = [
            (position, frozenset(field.categories))
            for position, field in enumerate(signature.inputs)
            if field.categories is not None and not field.closed
        ]

    def share_outside(self, rows: Sequence[Row]) -> float:
        """Return the share (0–1) of all values that lie outside; missing values are inside."""
        columns = list(zip(*rows, strict=True))
        outside = 0
        for position, low, high, nullable in self._numbers:
            column = columns[position]
            present = [value for value in column if value is not None] if nullable else column
            if present and (min(present) < low or max(present) > high):
                outside += sum(not low <= value <= high for value in present)
        for position, known in self._categories:
            outside += sum(value is not None and value not in known for value in columns[position])
        return outside / (len(rows) * self._width)
