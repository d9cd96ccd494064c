"""Declare types and widths of the converters' outputs; skl2onnx needs them before the graph is written."""

from typing import Any

import numpy as np


def classes(operator: Any) -> None:
    """Declare a label per row, and a column per class."""
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, StringTensorType

    known = np.asarray(operator.raw_operator.classes_)
    kind = StringTensorType if known.dtype.kind in "UO" else Int64TensorType
    operator.outputs[0].type = kind([None])
    operator.outputs[1].type = DoubleTensorType([None, None])


def anomaly(operator: Any) -> None:
    """Declare a label and a score per row."""
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

    operator.outputs[0].type = Int64TensorType([None])
    operator.outputs[1].type = DoubleTensorType([None, 1])


def matrix(operator: Any) -> None:
    """Declare one matrix of doubles, with its width where a later step needs it."""
    from skl2onnx.common.data_types import DoubleTensorType

    operator.outputs[0].type = DoubleTensorType([None, _width(operator.raw_operator)])


def declared(operator: Any) -> None:
    """Declare nothing: the parser declared these shapes."""


def _width(model: Any) -> int | None:
    for name, count in _WIDTHS.items():
        if hasattr(model, name):
            return int(count(getattr(model, name)))
    return None


_WIDTHS: dict[str, Any] = {
    "_n_features_outs": sum,
    "categories_": len,
    "powers_": len,
    "vocabulary_": len,
    "lambdas_": len,
    "n_outputs_": int,
}
