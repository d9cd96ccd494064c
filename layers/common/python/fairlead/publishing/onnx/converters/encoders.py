"""Converters of OneHotEncoder, OrdinalEncoder and TargetEncoder: a lookup table of each column's categories.

The table holds the fitted encoder's own answers, which covers all its settings: unknown and infrequent categories,
drop, missing as a category.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlead.engines.sklearn import missing_value
from fairlead.engines.text_counts import MISSING
from fairlead.model.signature import Null
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Column
from fairlead.publishing.onnx.converters.graph_writer import ML, Nodes
from fairlead.publishing.onnx.converters.tree_ensembles import Array
from fairlead.publishing.signature.json_values import null_of

UNSEEN = "\ue000fairlead.unseen\ue000"
CHUNK = 500  # categories per call of the encoder: each becomes a dense row as wide as all categories


@dataclass(frozen=True, slots=True)
class Lookup:
    """The lookup table of one column: the answer to each known value, and the default for any other."""

    keys: list[Any]
    answers: list[float]
    default: float


def ordinal_encoder(nodes: Nodes, operator: Any) -> None:
    """Write a matrix of codes."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    nodes.fill(operator.outputs[0], codes(nodes, encoder, columns))


def codes(nodes: Nodes, encoder: Any, columns: Sequence[Column]) -> str:
    """Write an OrdinalEncoder's codes of these columns, shape (rows, columns)."""
    found = [
        write_lookup(nodes, column, _ordinal(encoder, position, _null(nodes, encoder, position, column)))
        for position, column in enumerate(columns)
    ]
    return nodes.concat(found)


def one_hot_encoder(nodes: Nodes, operator: Any) -> None:
    """Write each column as the position of its 1 compared with all positions; -1 gives a row of zeros."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    blocks = []
    for position, column in enumerate(columns):
        lookup, width = _one_hot(encoder, position, _null(nodes, encoder, position, column))
        if width:
            hot = write_lookup(nodes, column, lookup)
            blocks.append(nodes.add("Equal", hot, np.arange(width, dtype=np.float64)[None, :]))
    joined = nodes.concat(blocks)
    nodes.fill(operator.outputs[0], nodes.cast(joined, np.float64))


def target_encoder(nodes: Nodes, operator: Any) -> None:
    """Write each category's mean of the target; one column for each class of a target with several classes."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    means = np.ravel(encoder.target_mean_)
    found = []
    for position, (column, known) in enumerate(zip(columns, encoder.categories_, strict=True)):
        for place, mean in enumerate(means):
            answers = encoder.encodings_[position * len(means) + place]
            null = _null(nodes, encoder, position, column)
            pairs = [(key, float(answer)) for key, answer in zip(known, answers, strict=True) if _reached(key, null)]
            lookup = Lookup([key for key, _ in pairs], [answer for _, answer in pairs], float(mean))
            found.append(write_lookup(nodes, column, lookup))
    nodes.fill(operator.outputs[0], nodes.concat(found))


def write_lookup(nodes: Nodes, column: Column, lookup: Lookup) -> str:
    """Write the answers of a lookup table to one column, shape (rows, 1)."""
    from onnx import TensorProto
    from onnx.helper import make_tensor

    value = nodes.take(column.variable.onnx_name, [column.position])
    count = len(lookup.keys)
    kind = TensorProto.STRING if column.string else TensorProto.DOUBLE
    known: list[Any] = [_as_string(key).encode() if column.string else _as_number(key) for key in lookup.keys]
    return nodes.add(
        "LabelEncoder", value, domain=ML, keys_tensor=make_tensor("keys", kind, [count], known),
        values_tensor=make_tensor("values", TensorProto.DOUBLE, [count], lookup.answers),
        default_tensor=make_tensor("default", TensorProto.DOUBLE, [1], [lookup.default]),
    )  # fmt: skip


def _as_string(key: Any) -> str:
    if is_none_or_nan(key):
        return MISSING
    if not isinstance(key, str):
        raise NotConvertibleError(
            f"an encoder with the category {key!r} in a column of strings", use="categories of one type in a column"
        )
    return key


def _as_number(key: Any) -> float:
    if isinstance(key, str):
        raise NotConvertibleError(
            f"an encoder with the category {key!r} in a column of numbers", use="categories of one type in a column"
        )
    return float("nan") if is_none_or_nan(key) else float(key)


def is_none_or_nan(key: Any) -> bool:
    """Return whether a category or parameter is None or NaN."""
    return key is None or (isinstance(key, (float, np.floating)) and bool(np.isnan(key)))


def _null(nodes: Nodes, encoder: Any, position: int, column: Column) -> Null:
    """Return the meaning of null in a column: behind a step, the only missing value among the encoder's categories."""
    null = nodes.inputs.null(column)
    if null is not None:
        return null
    known = {null_of(key) for key in encoder.categories_[position] if is_none_or_nan(key)}
    if len(known) > 1:
        raise NotConvertibleError(
            "an encoder behind another step with the categories None and NaN", use="one of the two as missing value"
        )
    return next(iter(known), "nan")


def _reached(key: Any, null: Null) -> bool:
    """Return whether a row can have this category: of missing values only the meaning of null."""
    return not is_none_or_nan(key) or null_of(key) == null


def _ordinal(encoder: Any, position: int, null: Null) -> Lookup:
    return _probed(encoder, position, null, lambda rows: rows[:, position].tolist(), other=float("nan"))


def _one_hot(encoder: Any, position: int, null: Null) -> tuple[Lookup, int]:
    start = sum(encoder._n_features_outs[:position])
    width = int(encoder._n_features_outs[position])

    def place_of_one(rows: Array) -> list[float]:
        own = rows[:, start : start + width] != 0
        return [float(row.argmax()) if row.any() else -1.0 for row in own]

    return _probed(encoder, position, null, place_of_one, other=-1.0), width


def _probed(encoder: Any, position: int, null: Null, read: Callable[[Array], list[float]], *, other: float) -> Lookup:
    """Return the encoder's answers to every category of a column and to an unseen value; `other` where it refuses one.

    A missing value that is not a category is included: encoders treat it as unknown, or refuse it.
    """
    known = [key for key in encoder.categories_[position] if _reached(key, null)]
    answers = _read(encoder, position, known, read)
    if answers is None:
        raise NotConvertibleError(
            f"{type(encoder).__name__} that refuses its own categories", use='handle_unknown other than "error"'
        )
    keys = known.copy()
    missing = (
        None if any(is_none_or_nan(key) for key in known) else _read(encoder, position, [missing_value(null)], read)
    )
    if missing is not None:
        keys.append(np.nan)
        answers += missing
    numeric = encoder.categories_[position].dtype.kind in "iufb"
    unseen = float(max([key for key in known if not is_none_or_nan(key)], default=0)) + 1.0 if numeric else UNSEEN
    default = _read(encoder, position, [unseen], read)
    return Lookup(keys, answers, other if default is None else default[0])


def _read(encoder: Any, position: int, values: list[Any], read: Callable[[Array], list[float]]) -> list[float] | None:
    """Return the encoder's answers to these values in one column, None where it refuses them."""
    found: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in range(0, len(values), CHUNK):
            try:
                rows = encoder.transform(_table(encoder, position, values[start : start + CHUNK]))
            except ValueError:
                return None
            found += read(rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows))
    return found


def _table(encoder: Any, position: int, values: list[Any]) -> Array:
    """Return rows that differ only in one column."""
    numeric = all(known.dtype.kind in "iufb" for known in encoder.categories_)
    table = np.empty((len(values), len(encoder.categories_)), dtype=np.float64 if numeric else object)
    table[:] = [known[0] for known in encoder.categories_]
    table[:, position] = values
    return table
