"""The columns of an MLflow signature, compared with the tables of a publication.

Types: https://mlflow.org/docs/latest/ml/model/signatures/. A signature of a tensor names no columns and is not used.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from fairlead.errors import DataError, ModelFileError, one_line

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["numbers", "strings", "true and false", "times"]
KINDS: dict[str, Kind] = {
    "integer": "numbers",
    "long": "numbers",
    "float": "numbers",
    "double": "numbers",
    "string": "strings",
    "boolean": "true and false",
    "datetime": "times",
}
"""The values in a column of each MLflow type. Other types (binary, arrays, objects) are not compared with the table."""
MOST_NAMED = 5


class MlflowColumn(NamedTuple):
    """A column's name, and MLflow's name of its type."""

    name: str
    type: str


Columns = tuple[MlflowColumn, ...]


class _Spec(msgspec.Struct):
    type: str
    name: str | None = None


def columns_of(signature: dict[str, Any] | None) -> Columns | None:
    """Return the named columns of a signature's inputs; None where it names none. Raises ModelFileError."""
    written = (signature or {}).get("inputs")
    if not written:
        return None
    try:
        specs = msgspec.json.decode(written, type=list[_Spec])
    except (msgspec.MsgspecError, TypeError) as error:
        raise ModelFileError(f"the signature in MLmodel cannot be read: {one_line(error)}") from error
    return tuple(MlflowColumn(one.name, one.type) for one in specs if one.name is not None) or None


def take(frame: "pd.DataFrame", columns: Columns, path: Path) -> "pd.DataFrame":
    """Return the signature's columns of a table, in its order; raises DataError for a missing one or another kind."""
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise DataError(
            f"{path.name} has no column {', '.join(missing[:MOST_NAMED])}, which the MLflow signature names",
            hint=f"it has {', '.join(map(str, frame.columns[:10]))}",
        )
    wrong = next(_other_kinds(frame, columns), None)
    if wrong:
        raise DataError(f"{path.name}: {wrong}", hint="a Parquet file keeps the types that a CSV file loses")
    return frame[[column.name for column in columns]]


def _other_kinds(frame: "pd.DataFrame", columns: Columns) -> Iterator[str]:
    """Yield a sentence for each column whose values are of another kind than its MLflow type."""
    for column in columns:
        expected, found = KINDS.get(column.type), _kind(frame[column.name])
        if expected and found and found != expected:
            yield f"column {column.name} holds {found}, and the MLflow signature says {column.type}"


def _kind(values: "pd.Series[Any]") -> Kind | None:
    """Return the kind of a column's values; None if it is not certain, as for a column without values."""
    import pandas as pd

    kinds: dict[str, Kind] = {
        "boolean": "true and false",
        "datetime": "times",
        "datetime64": "times",
        "decimal": "numbers",
        "floating": "numbers",
        "integer": "numbers",
        "mixed-integer-float": "numbers",
        "string": "strings",
    }
    present = values.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.cat.categories.dtype)
    return kinds.get(pd.api.types.infer_dtype(present)) if len(present) else None
