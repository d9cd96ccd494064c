"""Converter of SimpleImputer, for numbers and for strings."""

from typing import Any

import numpy as np

from fairlead.engines.text_counts import MISSING
from fairlead.model.signature import Null
from fairlead.publishing.onnx.converters.encoders import is_none_or_nan
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Column, runs
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.signature.json_values import null_of


def simple_imputer(nodes: Nodes, operator: Any) -> None:
    """Write imputed columns: numbers as one matrix, strings in matrices of their own."""
    model = operator.raw_operator
    columns = nodes.inputs.columns(operator.inputs, len(model.statistics_))
    kept = kept_columns(model)
    place = {id(column): position for position, column in enumerate(columns)}
    found = [
        _impute(nodes, model, run, [place[id(column)] for column in run])
        for run in runs([columns[position] for position in kept])
    ]
    if model.add_indicator and len(model.indicator_.features_):
        chosen = [columns[position] for position in model.indicator_.features_]
        found.append(nodes.cast(_missing(nodes, model, nodes.join(chosen)), np.float64))
    if len(operator.outputs) == 1 and len(found) > 1:
        found = [nodes.add("Concat", *found, axis=1)]
    for output, value in zip(operator.outputs, found, strict=True):
        nodes.fill(output, value)


def kept_columns(model: Any) -> list[int]:
    """Return the positions of the imputer's output columns: it drops a column that was always missing in fitting."""
    return [position for position, value in enumerate(model.statistics_) if value is None or not is_none_or_nan(value)]


def _impute(nodes: Nodes, model: Any, run: list[Column], positions: list[int]) -> str:
    value = nodes.take(run[0].variable.onnx_name, [column.position for column in run])
    fills = [model.statistics_[position] for position in positions]
    if not run[0].string:
        fill = np.array(fills, dtype=np.float64)[None, :]
        return nodes.add("Where", _missing(nodes, model, value), fill, value)
    marker = MISSING if is_none_or_nan(model.missing_values) else model.missing_values
    if is_none_or_nan(model.missing_values):
        fills = [
            MISSING if fill is None or not _fills(model, nodes.inputs.null(column)) else fill
            for fill, column in zip(fills, run, strict=True)
        ]
    if not isinstance(marker, str) or not all(isinstance(fill, str) for fill in fills):
        raise NotConvertibleError("SimpleImputer that fills strings with a number", use="a string as fill_value")
    missing = nodes.add("Equal", value, np.array([[marker]], dtype=object))
    return nodes.add("Where", missing, np.array(fills, dtype=object)[None, :], value)


def _fills(model: Any, null: Null | None) -> bool:
    """Return whether the imputer treats a column's null as missing: it distinguishes NaN and None."""
    kind = null_of(model.missing_values)
    return null is None or kind in ("na", null)


def _missing(nodes: Nodes, model: Any, value: str) -> str:
    if is_none_or_nan(model.missing_values):
        return nodes.add("IsNaN", value)
    return nodes.add("Equal", value, float(model.missing_values))
