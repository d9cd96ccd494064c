"""Rows of a table as instances of requests, and the same rows by column once they are answered."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.batch.formats import Columns

if TYPE_CHECKING:
    import pandas as pd

    from fairlead.model.signature import Signature


class Sent:
    """The rows of a table: `instances` yields them, and they are kept until `take` returns them in the same order."""

    def __init__(self, signature: "Signature", pieces: "Iterator[pd.DataFrame]") -> None:
        self._signature = signature
        self._pieces = pieces
        self._kept: deque[pd.DataFrame] = deque()
        self._taken = 0

    def instances(self) -> Iterator[dict[str, Any]]:
        """Yield the rows by field name, missing values as None."""
        from fairlead.publishing.signature.infer import to_rows

        names = [field.name for field in self._signature.inputs]
        for piece in self._pieces:
            self._kept.append(piece)
            yield from (dict(zip(names, row, strict=True)) for row in to_rows(self._signature, piece))

    def take(self, rows: int) -> Columns:
        """Return the next `rows` rows by column, as Python values, missing ones as None."""
        from fairlead.client.tables import column_values

        found: Columns = {str(name): [] for name in self._kept[0].columns}
        while rows:
            piece = self._kept[0].iloc[self._taken : self._taken + rows]
            for name, values in found.items():
                values.extend(column_values(piece[name]))
            rows -= len(piece)
            self._taken += len(piece)
            if self._taken == len(self._kept[0]):
                self._kept.popleft()
                self._taken = 0
        return found


def unused_columns(signature: "Signature", columns: Sequence[str]) -> list[str]:
    """Return the columns that the model does not take; none where it takes columns by position."""
    names = {field.name for field in signature.inputs}
    return [name for name in columns if name not in names] if names <= set(columns) else []
