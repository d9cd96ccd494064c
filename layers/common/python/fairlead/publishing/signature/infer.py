"""The signature from a fitted estimator and its data: names, kinds, what may be missing, ranges, categories, output.

Columns that the table has and the estimator does not know are left out of the signature; columns that the estimator
knows and the table lacks are refused by name. A field is nullable where the data shows missing values, or where the
estimator was built for them (an imputer comes first, an encoder knows missing) and answers a row without it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.engines.sklearn import missing_value
from fairlead.errors import DataError, FairleadError, ModelFileError, one_line
from fairlead.model.signature import Field, Ignored, Layout, Signature, positions
from fairlead.publishing.input.estimator_checks import check_estimator
from fairlead.publishing.input.frames import arrange, layout_of
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.input.tables import MISSING
from fairlead.publishing.signature.column_uses import Use, reads_text, uses_of
from fairlead.publishing.signature.field_kinds import field_of, looks_like_text, seen
from fairlead.publishing.signature.null_values import null_in
from fairlead.publishing.signature.output import one_target, output_of
from fairlead.publishing.signature.probe import Probe, closed_fields, open_to_missing, probe_of
from fairlead.publishing.signature.unused_columns import unused_columns

if TYPE_CHECKING:
    import pandas as pd


def infer(estimator: Any, X: Any, y: Any, *, target: str = "", train: Any = None) -> Signature:
    """Take the signature from held-out rows `X` and, where given, training inputs; y may be None without a target.

    Raises ModelFileError for an estimator that cannot be published, DataError for rows that do not fit it.
    """
    check_estimator(estimator)
    try:
        return _infer(estimator, X, y, target=target, train=train)
    except FairleadError:
        raise
    except Exception as error:  # any step of anyone's pipeline may raise anything, on any attribute
        raise ModelFileError(
            f"the signature cannot be taken from this {type(estimator).__name__}: {one_line(error, named=True)}",
            hint="check that it answers these rows: estimator.predict(X)",
        ) from error


def _infer(estimator: Any, X: Any, y: Any, *, target: str, train: Any) -> Signature:
    layout = layout_of(estimator, text_first=reads_text(estimator))
    unused = unused_of(estimator, layout)
    frame = arrange(estimator, to_frame(X), layout, unused)
    y = one_target(y, rows=len(frame))
    probe, ignored = probe_of(estimator, frame, layout, unused)
    frames = [frame] if train is None else [frame, arrange(estimator, to_frame(train), layout, unused)]
    used = [(name, use) for name, use in zip(frame, uses_of(estimator, frame.shape[1]), strict=True)]
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
    """Positions of columns that the estimator's structure says it does not use."""
    width = getattr(estimator, "n_features_in_", 0)
    return frozenset() if layout == "column" or not width else unused_columns(estimator, width)


def _nullable(probe: Probe, fields: Sequence[Field], frames: "Sequence[pd.DataFrame]") -> set[str]:
    """Columns that the data shows missing, and those built for it that prove it."""
    shown = {field.name for field in fields if any(bool(frame[field.name].isna().any()) for frame in frames)}
    built = {field.name: missing_value(field.null) for field in fields if field.nullable and field.name not in shown}
    return shown | open_to_missing(probe, built)


def left_out(signature: Signature, X: Any) -> list[str]:
    """Columns of the table that the signature does not have: the publisher is told, the model never sees them."""
    names = {field.name for field in signature.inputs}
    return [column for column in to_frame(X).columns if column not in names]


def _check_answers(probe: Probe) -> None:
    first = probe.failure(probe.frame.iloc[:1])
    failure = first or probe.failure(probe.frame)
    if failure is None:
        return
    rows = "rows of the table" if first else "rows with missing or unusual values of the table"
    raise DataError(
        f"the estimator cannot answer {rows}: {one_line(failure, named=True)}",
        hint=f"bring rows as the estimator takes them; the table has {_dtypes(probe.frame)}",
    ) from failure


def _dtypes(frame: "pd.DataFrame") -> str:
    """The columns and their types, the first ten."""
    named = [f"{name!r} ({dtype})" for name, dtype in list(frame.dtypes.items())[:10]]
    return ", ".join(named) + (" …" if frame.shape[1] > 10 else "")


def _refuse_hidden_categories(fields: Sequence[Field], uses: Sequence[Use]) -> None:
    """A category called NA reads as missing in CSV; the estimator that knows it as a name would get it wrong."""
    for field, use in zip(fields, uses, strict=True):
        hidden = sorted(value for value in use.categories if isinstance(value, str) and value in MISSING - {""})
        if hidden and field.nullable and not use.missing:
            raise DataError(
                f"the estimator knows {hidden[0]!r} as a category of {field.name!r}, where the table has holes",
                hint="CSV cannot tell the two apart: bring the rows as Parquet",
            )


def _open(field: Field, use: Use, probe: Probe) -> Field:
    """A field whose unseen values are answered: free text where it looks so."""
    if field.kind == "number" and use.encoded and probe.refuses({field.name: (field.maximum or 0.0) + 0.5}):
        raise ModelFileError(
            f"the estimator refuses every number in {field.name!r} that it has not seen",
            hint="encode it with handle_unknown='ignore', or leave it a number",
        )
    if looks_like_text(field) and isinstance((field.categories or ("",))[0], str):
        return Field(name=field.name, kind="text", nullable=field.nullable, null=field.null)
    return field


def _close(field: Field, use: Use, columns: "Sequence[pd.Series[Any]]") -> Field:
    """A field whose unseen values are refused: its categories are the estimator's own."""
    known = use.categories or seen(columns)
    strange = sorted(seen(columns) - known)
    if strange:
        raise DataError(
            f"column {field.name!r} holds values the estimator refuses: {', '.join(map(repr, strange[:5]))}",
            hint="leave those rows out, or fit with an encoder that ignores unknown values",
        )
    return msgspec.structs.replace(field, closed=True, categories=tuple(sorted(known)))


def to_rows(signature: Signature, X: Any) -> list[tuple[Any, ...]]:
    """Rows as the engines take them: one tuple a row in signature order, Python values, None for missing."""
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
    """One column's values as Python has them; raises DataError for a value that is none of the field's kind."""
    missing = column.isna()
    holes = bool(missing.any())
    present = column[~missing] if holes else column
    try:
        values = _converted(field, present)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"column {field.name!r} holds values that are no {field.kind}: its dtype is {column.dtype}",
            hint=f"the model takes {field.name!r} as {field.kind}",
        ) from error
    if not holes:
        return values
    filled = iter(values)
    return [None if hole else next(filled) for hole in missing.tolist()]


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
