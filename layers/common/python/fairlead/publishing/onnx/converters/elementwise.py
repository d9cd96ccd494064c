"""Converters of functions of one value: FunctionTransformer of numpy's functions, and inverses for targets."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.engines.model_code.source_rules import CONVERTER
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.own_classes import call_converter

Function = Callable[[Nodes, str], str]

FUNCTIONS: dict[Any, Function] = {
    np.log: lambda nodes, value: nodes.add("Log", value),
    np.log1p: lambda nodes, value: nodes.add("Log", nodes.add("Add", value, 1.0)),
    np.log2: lambda nodes, value: nodes.add("Div", nodes.add("Log", value), float(np.log(2.0))),
    np.log10: lambda nodes, value: nodes.add("Div", nodes.add("Log", value), float(np.log(10.0))),
    np.exp: lambda nodes, value: nodes.add("Exp", value),
    np.exp2: lambda nodes, value: nodes.add("Pow", 2.0, value),
    np.expm1: lambda nodes, value: nodes.add("Sub", nodes.add("Exp", value), 1.0),
    np.sqrt: lambda nodes, value: nodes.add("Sqrt", value),
    np.square: lambda nodes, value: nodes.add("Mul", value, value),
    np.abs: lambda nodes, value: nodes.add("Abs", value),
    np.sin: lambda nodes, value: nodes.add("Sin", value),
    np.cos: lambda nodes, value: nodes.add("Cos", value),
    np.reciprocal: lambda nodes, value: nodes.add("Div", 1.0, value),
    np.negative: lambda nodes, value: nodes.add("Neg", value),
}


def function_transformer(nodes: Nodes, operator: Any) -> None:
    """Write the identity, or one of numpy's functions."""
    model = operator.raw_operator
    nodes.fill(operator.outputs[0], _apply(nodes, model.func, model.kw_args, nodes.matrix(operator)))


def apply_inverse(nodes: Nodes, transformer: Any, value: str) -> str:
    """Write the inverse of a target's transformation, on one column."""
    name = type(transformer).__name__
    if name == "FunctionTransformer":
        return _apply(nodes, transformer.inverse_func, transformer.inv_kw_args, value)
    if name == "StandardScaler":
        scale = 1.0 if transformer.scale_ is None else float(transformer.scale_[0])
        mean = 0.0 if transformer.mean_ is None else float(transformer.mean_[0])
        return nodes.add("Add", nodes.add("Mul", value, scale), mean)
    raise NotConvertibleError(
        f"a target transformed by {name}", use="StandardScaler, or func and inverse_func of numpy"
    )


def _apply(nodes: Nodes, function: Any, arguments: Any, value: str) -> str:
    if function is None:
        return value
    if hasattr(function, CONVERTER):
        return call_converter(function, function.__name__, nodes, value, **(arguments or {}))
    if arguments or function not in FUNCTIONS:
        name = getattr(function, "__name__", function)
        raise NotConvertibleError(
            f"FunctionTransformer with the function {name!s}",
            use=f"one of numpy's {', '.join(each.__name__ for each in FUNCTIONS)}, without arguments",
        )
    return FUNCTIONS[function](nodes, value)
