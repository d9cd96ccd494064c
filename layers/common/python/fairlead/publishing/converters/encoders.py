"""OneHotEncoder and OrdinalEncoder: each column's categories are looked up in what the fitted encoder answers itself.

Asking the encoder covers all its settings at once: unknown and infrequent categories, drop, missing as a category.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlead.engines.texts import MISSING
from fairlead.publishing.converters.columns import Column
from fairlead.publishing.converters.ensembles import Array
from fairlead.publishing.converters.nodes import ML, Nodes
from fairlead.publishing.converters.refusal import NotConvertibleError

UNSEEN = "\ue000fairlead.unseen\ue000"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One column: what each known value becomes, and what any other value becomes."""

    keys: list[Any]
    answers: list[float]
    default: float


def ordinal_encoder(nodes: Nodes, operator: Any) -> None:
    """A matrix of codes."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    nodes.fill(operator.outputs[0], codes(nodes, encoder, columns))


def codes(nodes: Nodes, encoder: Any, columns: Sequence[Column]) -> str:
    """Write an OrdinalEncoder's codes of these columns, shape (rows, columns)."""
    found = [_look_up(nodes, column, _ordinal(encoder, position)) for position, column in enumerate(columns)]
    return nodes.add("Concat", *found, axis=1) if len(found) > 1 else found[0]


def one_hot_encoder(nodes: Nodes, operator: Any) -> None:
    """Each column becomes the position of its 1, compared with all positions; -1 is a row of zeros."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    blocks = []
    for position, column in enumerate(columns):
        lookup, width = _one_hot(encoder, position)
        if width:
            hot = _look_up(nodes, column, lookup)
            blocks.append(nodes.add("Equal", hot, np.arange(width, dtype=np.float64)[None, :]))
    joined = nodes.add("Concat", *blocks, axis=1) if len(blocks) > 1 else blocks[0]
    nodes.fill(operator.outputs[0], nodes.cast(joined, np.float64))


def target_encoder(nodes: Nodes, operator: Any) -> None:
    """Each category's mean of the target, one column for each class where there are several."""
    encoder = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(encoder.categories_))
    means = np.ravel(encoder.target_mean_)
    found = []
    for position, (column, known) in enumerate(zip(columns, encoder.categories_, strict=True)):
        for place, mean in enumerate(means):
            answers = encoder.encodings_[position * len(means) + place]
            lookup = Lookup(list(known), [float(answer) for answer in answers], float(mean))
            found.append(_look_up(nodes, column, lookup))
    nodes.fill(operator.outputs[0], nodes.add("Concat", *found, axis=1) if len(found) > 1 else found[0])


def _look_up(nodes: Nodes, column: Column, lookup: Lookup) -> str:
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
    if _is_missing(key):
        return MISSING
    if not isinstance(key, str):
        raise NotConvertibleError(f"an encoder knows {key!r} among strings")
    return key


def _as_number(key: Any) -> float:
    if isinstance(key, str):
        raise NotConvertibleError(f"an encoder knows {key!r} among numbers")
    return float("nan") if _is_missing(key) else float(key)


def _is_missing(key: Any) -> bool:
    return key is None or (isinstance(key, (float, np.floating)) and bool(np.isnan(key)))


def _ordinal(encoder: Any, position: int) -> Lookup:
    keys, rows, default = _asked(encoder, position)
    answers = [float(row[position]) for row in rows]
    return Lookup(keys, answers, float("nan") if default is None else float(default[position]))


def _one_hot(encoder: Any, position: int) -> tuple[Lookup, int]:
    start = sum(encoder._n_features_outs[:position])
    width = int(encoder._n_features_outs[position])
    keys, rows, default = _asked(encoder, position)
    hot = [_hot(row, start, width) for row in rows]
    return Lookup(keys, hot, -1.0 if default is None else _hot(default, start, width)), width


def _hot(row: Any, start: int, width: int) -> float:
    """Where the 1 stands among the column's own outputs, -1 for none."""
    found = np.flatnonzero(np.asarray(row)[start : start + width])
    return float(found[0]) if len(found) else -1.0


def _asked(encoder: Any, position: int) -> tuple[list[Any], list[Array], Array | None]:
    """The encoder's answers for every category of a column, and for an unseen value; None where it refuses one.

    A missing value that is no category is asked for too: encoders treat it as unknown, or refuse it.
    """
    known = list(encoder.categories_[position])
    numeric = encoder.categories_[position].dtype.kind in "iufb"
    rows = _transform(encoder, position, known)
    if rows is None:
        raise NotConvertibleError("an encoder refuses its own categories")
    keys = known.copy()
    missing = None if any(_is_missing(key) for key in known) else _transform(encoder, position, [np.nan])
    if missing is not None:
        keys.append(np.nan)
        rows += missing
    unseen = float(max([key for key in known if not _is_missing(key)], default=0)) + 1.0 if numeric else UNSEEN
    default = _transform(encoder, position, [unseen])
    return keys, rows, None if default is None else default[0]


def _transform(encoder: Any, position: int, values: list[Any]) -> list[Array] | None:
    """Rows of the encoder's output with these values in one column; None where it refuses them."""
    numeric = all(known.dtype.kind in "iufb" for known in encoder.categories_)
    table = np.empty((len(values), len(encoder.categories_)), dtype=np.float64 if numeric else object)
    table[:] = [known[0] for known in encoder.categories_]
    table[:, position] = values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = encoder.transform(table)
        except ValueError:
            return None
    found = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
    return list(found)
