"""Which column stands where: the graph has a matrix of numbers and one of strings, the estimator columns in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.engines.text_counts import Counting
from fairlead.model.signature import Field, Null, Signature
from fairlead.publishing.onnx.converters.errors import NotConvertibleError

NUMBERS, STRINGS = "numbers", "strings"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a variable of skl2onnx; `field` is its position in the signature while nothing has changed it."""

    variable: Any
    position: int
    field: int | None = None

    @property
    def string(self) -> bool:
        """Whether it holds strings."""
        return type(self.variable.type).__name__ == "StringTensorType"


def holds_strings(field: Field) -> bool:
    """Whether a field's values are strings: text, and categories that are not integers."""
    if field.kind == "category":
        return not all(isinstance(value, int) for value in field.categories or ("",))
    return field.kind == "text"


class Inputs:
    """The graph's inputs, and what became of them so far."""

    def __init__(self, signature: Signature) -> None:
        fields = list(enumerate(signature.inputs))
        self._fields = {
            NUMBERS: [position for position, field in fields if not holds_strings(field)],
            STRINGS: [position for position, field in fields if holds_strings(field)],
        }
        self._nulls = [field.null for field in signature.inputs]
        self._slices: dict[str, list[int]] = {}
        self.scoring: Any = None  # the classifier, about to be parsed, that answers its decision function
        self.scored: set[int] = set()  # id() of operators of such classifiers
        self.refused: list[str] = []  # by guard, shape (rows, 1): NaN where a step of the estimator refuses the row
        self.sources: dict[str, list[Any]] = {}  # by name: the variables that one holds side by side
        self.bounds: dict[str, float] = {}  # by name: what no finite number of the variable exceeds, in size
        self.distances = False  # whether an answer depends on which of several distances is the smallest
        self.most_rows: int | None = None  # a graph whose work per row is large is fed in parts
        self.countings: dict[str, tuple[int, Counting]] = {}  # by graph input: field and what to count in it

    def fields(self, name: str) -> list[int]:
        """Positions in the signature of a graph input's columns; a text's counts are of one field."""
        return [self.countings[name][0]] if name in self.countings else self._fields[name]

    def null(self, column: Column) -> Null | None:
        """What null stands for in a column, None where a step has changed it."""
        return None if column.field is None else self._nulls[column.field]

    def is_given(self, variable: Any) -> bool:
        """Whether a variable holds columns as requests have them."""
        return variable.raw_name in self._fields or variable.onnx_name in self._slices

    def types(self) -> list[tuple[str, Any]]:
        """The graph's inputs as skl2onnx wants them declared."""
        from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

        kinds = {NUMBERS: DoubleTensorType, STRINGS: StringTensorType}
        return [(name, kinds[name]([None, len(fields)])) for name, fields in self._fields.items() if fields]

    def columns(self, variables: Sequence[Any], width: int) -> list[Column]:
        """The columns of an operator's inputs, in the estimator's order; `width` is how many it was fitted on."""
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
        """Name the graph input that will hold these counts of a text field's terms."""
        name = f"terms{len(self.countings)}"
        self.countings[name] = (field, counting)
        return name

    def limit_rows(self, most: int) -> None:
        """Feed at most this many rows at once."""
        self.most_rows = max(1, min(most, self.most_rows or most))

    def note_slice(self, variable: Any, columns: Sequence[Column]) -> None:
        """Remember that a variable holds these columns unchanged."""
        fields = [column.field for column in columns]
        if None not in fields:
            self._slices[variable.onnx_name] = fields  # type: ignore[assignment]  # no None is left


def _width(variable: Any) -> int:
    shape = variable.type.shape
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise NotConvertibleError("a step in the middle has an unknown number of columns")
    return shape[1]


def runs(columns: Sequence[Column]) -> list[list[Column]]:
    """Neighbouring columns of the same variable together."""
    grouped: list[list[Column]] = []
    for column in columns:
        if grouped and grouped[-1][-1].variable is column.variable:
            grouped[-1].append(column)
        else:
            grouped.append([column])
    return grouped
