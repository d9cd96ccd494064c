"""One chunk's result: kept input columns, prediction ids, answers and errors, as bytes of the input's format."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.batch.formats import Columns, csv_lines, json_lines
from fairlead.batch.job import Format
from fairlead.errors import DataError
from fairlead.model.signature import Output, class_names

if TYPE_CHECKING:
    import pyarrow as pa

ERROR = "error"
ID = "prediction_id"


def answer_columns(output: Output) -> list[str]:
    """Return the names of the columns that every result has, as `fairlead predict --output` names them."""
    if output.task == "regression":
        return [ID, *([f"value.{name}" for name in output.names] if output.names else ["value"]), ERROR]
    shares = [f"probabilities.{name}" for name in class_names(output)] if output.probabilities else []
    return [ID, "label", *shares, *(["score"] if output.task == "anomaly" else []), ERROR]


def result_columns(output: Output, ids: Sequence[str], answers: Columns, errors: Sequence[str | None]) -> Columns:
    """Return the columns of a block's answers; a row without an answer has None in all but id and error."""
    names = answer_columns(output)
    found: list[Sequence[Any]] = []
    if output.task == "regression":
        values = answers.get("values", [None] * len(ids))
        found += _spread(values, len(output.names)) if output.names else [values]
    else:
        found.append(answers.get("labels", [None] * len(ids)))
        if output.probabilities:
            found += _spread(answers.get("probabilities", [None] * len(ids)), len(output.classes or ()))
        if output.task == "anomaly":
            found.append(answers.get("scores", [None] * len(ids)))
    return dict(zip(names, [list(one) for one in (ids, *found, errors)], strict=True))


def check_kept(kept: Sequence[str], output: Output) -> None:
    """Raise DataError where an input column has the name of a result's own column."""
    taken = next((name for name in kept if name in answer_columns(output)), None)
    if taken is not None:
        raise DataError(
            f"the input has a column {taken!r}, and results have one of that name",
            hint="rename it, or leave it out: --keep names the input columns that results hold",
        )


class Result(Protocol):
    """A result that grows by blocks."""

    def add(self, kept: Mapping[str, Sequence[Any]], answers: Columns) -> None:
        """Append a block: its kept input columns, and its answers."""

    def bytes(self) -> bytes:
        """Return the file."""


def result_of(form: Format, output: Output) -> Result:
    """Return an empty result of a format."""
    return ParquetResult(output) if form == "parquet" else TextResult(csv=form == "csv")


class TextResult:
    """A result as CSV or JSON lines."""

    def __init__(self, *, csv: bool) -> None:
        self._csv = csv
        self._parts: list[bytes] = []

    def add(self, kept: Mapping[str, Sequence[Any]], answers: Columns) -> None:
        """Append a block."""
        columns = {**kept, **answers}
        self._parts.append(csv_lines(columns, header=not self._parts) if self._csv else json_lines(columns))

    def bytes(self) -> bytes:
        """Return the file."""
        return b"".join(self._parts)


class ParquetResult:
    """A result as Parquet, a row group for each block; kept columns are arrays of Arrow."""

    def __init__(self, output: Output) -> None:
        import pyarrow as pa

        self._answers = [(name, _arrow_type(name, output)) for name in answer_columns(output)]
        self._schema: pa.Schema | None = None
        self._batches: list[pa.RecordBatch] = []

    def add(self, kept: Mapping[str, Any], answers: Columns) -> None:
        """Append a block."""
        import pyarrow as pa

        if self._schema is None:
            self._schema = pa.schema([*((name, column.type) for name, column in kept.items()), *self._answers])
        typed = [pa.array(answers[name], type=kind) for name, kind in self._answers]
        self._batches.append(pa.record_batch([*kept.values(), *typed], schema=self._schema))

    def bytes(self) -> bytes:
        """Return the file."""
        import pyarrow as pa
        from pyarrow import parquet

        file = io.BytesIO()
        parquet.write_table(pa.Table.from_batches(self._batches, schema=self._schema), file)
        return file.getvalue()


def _arrow_type(name: str, output: Output) -> "pa.DataType":
    import pyarrow as pa

    if name in {ID, ERROR}:
        return pa.string()
    if name != "label":
        return pa.float64()
    kinds = {type(one) for one in output.classes or (0,)}
    return {frozenset({str}): pa.string(), frozenset({bool}): pa.bool_(), frozenset({int}): pa.int64()}.get(
        frozenset(kinds), pa.float64()
    )


def _spread(rows: Sequence[Sequence[float] | None], width: int) -> list[Sequence[Any]]:
    """Return rows of several numbers as columns."""
    if None in rows:
        empty = [None] * width
        return list(zip(*[empty if row is None else row for row in rows], strict=True))
    return list(zip(*rows, strict=True))
