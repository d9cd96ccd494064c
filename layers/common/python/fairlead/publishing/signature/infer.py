"""Infer a signature from a fitted estimator and its data: names, kinds, nullability, ranges, categories, output.

The signature leaves out columns of the table that the estimator does not know. Columns that the estimator knows and the
table lacks are refused by name. A field is nullable where the data has missing values. It is also nullable where the
estimator expects them (an imputer comes first, an encoder has a category for missing) and answers a row without it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.engines.sklearn import missing_value
from fairlead.errors import DataError, FairleadError, ModelFileError, one_line
from fairlead.model.signature import Field, Ignored, Layout, Signature, positions
from fairlead.publishing.input.estimator_checks import check_estimator
from fairlead.publishing.input.frames import layout_of, select_columns
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.input.tables import MISSING
from fairlead.publishing.signature.column_uses import ColumnUse, column_uses, reads_text
from fairlead.publishing.signature.field_kinds import field_of, looks_like_text, seen
from fairlead.publishing.signature.null_values import null_in
from fairlead.publishing.signature.output import one_target, output_of
from fairlead.publishing.signature.probe import Probe, closed_fields, open_to_missing, probe_of
from fairlead.publishing.signature.unused_columns import unused_columns

if TYPE_CHECKING:
    import pandas as pd


def infer(estimator: Any, X: Any, y: Any, *, target: str = "", train: Any = None) -> Signature:
    """Return the signature from held-out rows `X` and, where given, training inputs; y is None without a target.

    Raises ModelFileError for an estimator that cannot be published, DataError for rows that do not fit it.
    """
    check_estimator(estimator)
    try:
        return _infer(estimator, X, y, target=target, train=train)
    except FairleadError:
        raise
    except Exception as error:  # a custom step may raise any exception, on any attribute
        raise ModelFileError(
            f"the signature of this {type(estimator).__name__} cannot be inferred: {one_line(error, named=True)}",
            hint="check that estimator.predict(X) answers these rows",
        ) from error


def _infer(estimator: Any, X: Any, y: Any, *, target: str, train: Any) -> Signature:
    layout = layout_of(estimator, text_first=reads_text(estimator))
    unused = unused_of(estimator, layout)
    frame = select_columns(estimator, to_frame(X), layout, unused)
    y = one_target(y, rows=len(frame))
    probe, ignored = probe_of(estimator, frame, layout, unused)
    frames = [frame] if train is None else [frame, select_columns(estimator, to_frame(train), layout, unused)]
    used = [(name, use) for name, use in zip(frame, column_uses(estimator, frame.shape[1]), strict=True)]
    used = [pair for place, pair in enumerate(used) if place not in ignored]
    uses = [use for _, use in used]
    fields = [field_of(name, [part[name] for part in frames], use) for name, use in used]
    _refuse_hidden_categories(fields, uses)

    _check_answers(probe)
    fields = [
        msgspec.structs.replace(field, null=null_in(field.name, use, [part[field.name] for part in frames], probe))
        if field.kind in ("category", "boolean")
        else field
        for field, use in zip(fields, uses, strict=True)
    ]
    nullable = _nullable(probe, fields, frames)
    fields = [msgspec.structs.replace(field, nullable=field.name in nullable) for field in fields]
    closed = closed_fields(probe, fields)
    finished = [
        _close(field, use, [part[field.name] for part in frames]) if field.name in closed else _open(field, use, probe)
        for field, use in zip(fields, uses, strict=True)
    ]
    return Signature(
        inputs=tuple(finished),
        output=output_of(probe, y, target=target),
        layout=layout,
        ignored=tuple(Ignored(str(frame.columns[place]), place) for place in sorted(ignored)),
    )


def unused_of(estimator: Any, layout: Layout) -> frozenset[int]:
    """Return the positions of columns that the estimator does not use, by its structure."""
    width = getattr(estimator, "n_features_in_", 0)
    return frozenset() if layout == "column" or not width else unused_columns(estimator, width)


def _nullable(probe: Probe, fields: Sequence[Field], frames: "Sequence[pd.DataFrame]") -> set[str]:
    """Return the columns with missing values in the data, and those where the estimator answers a missing value."""
    seen_missing = {field.name for field in fields if any(bool(frame[field.name].isna().any()) for frame in frames)}
    expected = {
        field.name: missing_value(field.null) for field in fields if field.nullable and field.name not in seen_missing
    }
    return seen_missing | open_to_missing(probe, expected)


def left_out(signature: Signature, X: Any) -> list[str]:
    """Return the columns of the table that the signature does not have; the model never receives them."""
    names = {field.name for field in signature.inputs}
    return [column for column in to_frame(X).columns if column not in names]


def _check_answers(probe: Probe) -> None:
    first = probe.failure(probe.frame.iloc[:1])
    failure = first or probe.failure(probe.frame)
    if failure is None:
        return
    if isinstance(failure, ModelFileError):
        raise failure
    rows = "rows of the table" if first else "rows with missing or unusual values of the table"
    raise DataError(
        f"the estimator cannot answer {rows}: {one_line(failure, named=True)}",
        hint=f"use rows of the types that the estimator was fitted on; the table has {_dtypes(probe.frame)}",
    ) from failure


def _dtypes(frame: "pd.DataFrame") -> str:
    """Return the first ten columns with their types, as text."""
    named = [f"{name!r} ({dtype})" for name, dtype in list(frame.dtypes.items())[:10]]
    return ", ".join(named) + (" …" if frame.shape[1] > 10 else "")


def _refuse_hidden_categories(fields: Sequence[Field], uses: Sequence[ColumnUse]) -> None:
    """Raise DataError for a category such as `NA` in a column with missing values: CSV reads it as missing."""
    for field, use in zip(fields, uses, strict=True):
        hidden = sorted(value for value in use.categories if isinstance(value, str) and value in MISSING - {""})
        if hidden and field.nullable and not use.missing:
            raise DataError(
                f"the estimator knows {hidden[0]!r} as a category of {field.name!r}, which has missing values here",
                hint="CSV does not distinguish the two: give the rows as Parquet",
            )


def _open(field: Field, use: ColumnUse, probe: Probe) -> Field:
    """Return a field whose unseen values the estimator answers, as text where its values look like free text."""
    if field.kind == "number" and use.encoded and probe.refuses({field.name: (field.maximum or 0.0) + 0.5}):
        raise ModelFileError(
            f"the estimator refuses every unseen number in {field.name!r}",
            hint="encode it with handle_unknown='ignore', or fit on it as a number",
        )
    if looks_like_text(field) and isinstance((field.categories or ("",))[0], str):
        return Field(name=field.name, kind="text", nullable=field.nullable, null=field.null)
    return field


def _close(field: Field, use: ColumnUse, columns: "Sequence[pd.Series[Any]]") -> Field:
    """Return a field whose unseen values the estimator refuses, closed over the estimator's own categories."""
    known = use.categories or seen(columns)
    strange = sorted(seen(columns) - known)
    if strange:
        raise DataError(
            f"column {field.name!r} has values the estimator refuses: {', '.join(map(repr, strange[:5]))}",
            hint="remove those rows, or fit with an encoder that ignores unknown values",
        )
    return msgspec.structs.replace(field, closed=True, categories=tuple(sorted(known)))


def to_rows(signature: Signature, X: Any) -> list[tuple[Any, ...]]:
    """Return rows as the engines take them: one tuple per row in signature order, Python values, None for missing."""
    frame = _select(signature, to_frame(X))
    columns = [_values(field, frame.iloc[:, position]) for position, field in enumerate(signature.inputs)]
    return list(zip(*columns, strict=True))


def _select(signature: Signature, frame: "pd.DataFrame") -> "pd.DataFrame":
    names = [field.name for field in signature.inputs]
    present = set(frame.columns)
    if all(name in present for name in names):
        return frame[names]
    if signature.layout != "frame" and frame.shape[1] == len(names):
        return frame
    if signature.layout != "frame" and frame.shape[1] == len(names) + len(signature.ignored):
        return frame.iloc[:, positions(signature)]
    absent = [name for name in names if name not in present]
    raise DataError(f"the table lacks the column {absent[0]!r}", hint="the model takes " + ", ".join(names[:20]))


def _values(field: Field, column: "pd.Series[Any]") -> list[Any]:
    """Return one column as Python values, None for missing; raises DataError for a value of another kind."""
    missing = column.isna()
    has_missing = bool(missing.any())
    present = column[~missing] if has_missing else column
    try:
        values = _converted(field, present)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"column {field.name!r} has values that are not of kind {field.kind}: its dtype is {column.dtype}",
            hint=f"the model takes {field.name!r} as {field.kind}",
        ) from error
    if not has_missing:
        return values
    filled = iter(values)
    return [None if is_missing else next(filled) for is_missing in missing.tolist()]


def _converted(field: Field, present: "pd.Series[Any]") -> list[Any]:
    if field.kind == "number":
        present = present.astype("float64")
    elif field.kind == "boolean":
        present = present.astype("boolean").astype(bool)
    values: list[Any] = present.tolist()
    if field.kind == "integer" or isinstance((field.categories or ("",))[0], int):
        return [_whole(value) for value in values]
    if field.kind in ("category", "text") and not all(isinstance(value, str) for value in values):
        raise TypeError(field.name)
    return values


def _whole(value: Any) -> int:
    number = int(value)
    if number != value:
        raise ValueError(value)
    return number
