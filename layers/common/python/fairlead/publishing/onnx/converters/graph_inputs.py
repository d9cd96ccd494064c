"""Map columns to graph inputs: the graph has a matrix of numbers and one of strings, the estimator columns in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.engines.sklearn import is_string
from fairlead.engines.text_counts import Counting
from fairlead.model.signature import Null, Signature
from fairlead.publishing.onnx.converters.errors import NotConvertibleError

NUMBERS, STRINGS = "numbers", "strings"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a skl2onnx variable; `field` is its position in the signature while no step has changed it."""

    variable: Any
    position: int
    field: int | None = None

    @property
    def string(self) -> bool:
        """Return whether it has strings."""
        return holds_strings(self.variable)


def holds_strings(variable: Any) -> bool:
    """Return whether a variable of skl2onnx has strings."""
    return type(variable.type).__name__ == "StringTensorType"


class Inputs:
    """The graph's inputs, and the state of one conversion."""

    def __init__(self, signature: Signature) -> None:
        fields = list(enumerate(signature.inputs))
        self._fields = {
            NUMBERS: [position for position, field in fields if not is_string(field)],
            STRINGS: [position for position, field in fields if is_string(field)],
        }
        self._nulls = [field.null for field in signature.inputs]
        self._slices: dict[str, list[int]] = {}
        self.scoring: Any = None  # the classifier parsed next whose decision function is needed
        self.scored: set[int] = set()  # id() of operators of such classifiers
        self.refused: list[str] = []  # by guard, shape (rows, 1): NaN where a step of the estimator refuses the row
        self.sources: dict[str, list[Any]] = {}  # by name: the variables that it concatenates
        self.bounds: dict[str, float] = {}  # by name: the largest magnitude of the variable's finite numbers
        self.distances = False  # whether an answer depends on which of several distances is the smallest
        self.most_rows: int | None = None  # rows per call, where a row takes much memory
        self.countings: dict[str, tuple[int, Counting]] = {}  # by graph input: the field and the terms to count

    def fields(self, name: str) -> list[int]:
        """Return the positions of a graph input's columns in the signature; counts of terms belong to one field."""
        return [self.countings[name][0]] if name in self.countings else self._fields[name]

    def null(self, column: Column) -> Null | None:
        """Return the meaning of null in a column, None where a step has changed the column."""
        return None if column.field is None else self._nulls[column.field]

    def is_given(self, variable: Any) -> bool:
        """Return whether a variable has unchanged columns of the request."""
        return variable.raw_name in self._fields or variable.onnx_name in self._slices

    def types(self) -> list[tuple[str, Any]]:
        """Return the graph's inputs as skl2onnx declares them."""
        from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

        kinds = {NUMBERS: DoubleTensorType, STRINGS: StringTensorType}
        return [(name, kinds[name]([None, len(fields)])) for name, fields in self._fields.items() if fields]

    def columns(self, variables: Sequence[Any], width: int) -> list[Column]:
        """Return the columns of an operator's inputs, in the estimator's order; it was fitted on `width` columns."""
        width = width if len(variables) == 1 else 0
        found: list[Column] = []
        for variable in variables:
            fields = self._fields.get(variable.raw_name) or self._slices.get(variable.onnx_name)
            if fields is not None:
                found += [Column(variable, position, field) for position, field in enumerate(fields)]
            else:
                found += [Column(variable, position) for position in range(width or _width(variable))]
        if variables and all(variable.raw_name in self._fields for variable in variables):
            found.sort(key=lambda column: column.field or 0)
        return found

    def count_terms(self, field: int, counting: Counting) -> str:
        """Add a graph input for the counts of a text field's terms, and return its name."""
        name = f"terms{len(self.countings)}"
        self.countings[name] = (field, counting)
        return name

    def limit_rows(self, most: int) -> None:
        """Limit the rows of one call of the graph."""
        self.most_rows = max(1, min(most, self.most_rows or most))

    def note_slice(self, variable: Any, columns: Sequence[Column]) -> None:
        """Record that a variable has these columns unchanged."""
        fields = [column.field for column in columns]
        if None not in fields:
            self._slices[variable.onnx_name] = fields  # type: ignore[assignment]  # without None


def _width(variable: Any) -> int:
    shape = variable.type.shape
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise NotConvertibleError("a step behind one of unknown width", use="a ColumnTransformer of single steps")
    return shape[1]


def runs(columns: Sequence[Column]) -> list[list[Column]]:
    """Group neighbouring columns of the same variable."""
    grouped: list[list[Column]] = []
    for column in columns:
        if grouped and grouped[-1][-1].variable is column.variable:
            grouped[-1].append(column)
        else:
            grouped.append([column])
    return grouped
