"""Write ONNX nodes in doubles: a thin layer over skl2onnx's container."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Column, Inputs, holds_strings, runs

ML = "ai.onnx.ml"
OPSETS = {"": 21, ML: 3, "com.microsoft": 1}
"""Opsets of skl2onnx's nodes. Our own nodes use ML_OPSET, which has trees in doubles (onnxruntime ≥ 1.20)."""
ML_OPSET = 5


class Nodes:
    """Adds nodes of one operator to the graph and names their results."""

    def __init__(self, scope: Any, container: Any, inputs: Inputs) -> None:
        self.inputs = inputs
        self._scope = scope
        self._container = container

    def constant(self, value: Any) -> str:
        """Add an initializer: strings, booleans, integers as int64, floats as double."""
        from onnx import TensorProto
        from onnx.numpy_helper import from_array

        array = np.asarray(value)
        name = str(self._scope.get_unique_variable_name("constant"))
        if array.dtype.kind in "UO":
            texts = [str(item).encode() for item in array.ravel()]
            self._container.add_initializer(name, TensorProto.STRING, list(array.shape), texts)
            return name
        dtype = {"b": np.bool_, "i": np.int64, "u": np.int64}.get(array.dtype.kind, np.float64)
        self._container.add_initializer(name, None, [], from_array(np.array(array, dtype=dtype, order="C"), name))
        return name

    def add(self, op: str, *inputs: Any, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return its name. Inputs are names; anything else becomes a constant."""
        return self.several(op, *inputs, outputs=1, domain=domain, **attributes)[0]

    def several(self, op: str, *inputs: Any, outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        results = [str(self._scope.get_unique_variable_name(op.lower())) for _ in range(outputs)]
        operator = self._scope.get_unique_operator_name(op)
        # skl2onnx refuses to import ai.onnx.ml 5; the compiler imports it in the finished graph.
        version = 1 if domain == ML else None
        self._container.add_node(op, names, results, op_domain=domain, op_version=version, name=operator, **attributes)
        return results

    def fill(self, variable: Any, value: str) -> None:
        """Assign `value` to a variable of skl2onnx."""
        name = self._scope.get_unique_operator_name("Identity")
        self._container.add_node("Identity", [value], [variable.onnx_name], name=name)

    def stand_in(self, column: Column, name: str) -> None:
        """Write a placeholder for a later graph input: skl2onnx sorts nodes and knows only its own inputs."""
        operator = self._scope.get_unique_operator_name("Cast")
        self._container.add_node("Cast", [column.variable.onnx_name], [name], name=operator, to=11)

    def cast(self, value: str, dtype: type[Any]) -> str:
        """Cast to np.float32, np.float64, np.int64 or np.bool_."""
        from onnx.helper import np_dtype_to_tensor_dtype

        return self.add("Cast", value, to=np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def take(self, value: str, positions: Sequence[int]) -> str:
        """Take columns of a matrix, in this order."""
        return self.add("Gather", value, np.asarray(positions, dtype=np.int64), axis=1)

    def matrix(self, operator: Any) -> str:
        """Join an operator's inputs to one matrix of doubles in the estimator's column order."""
        columns = self.inputs.columns(operator.inputs, 0) if len(operator.inputs) > 1 else []
        if any(column.string for column in columns) or holds_strings(operator.inputs[0]):
            name = type(operator.raw_operator).__name__
            raise NotConvertibleError(f"{name} on a column of strings", use="an encoder before it")
        if not columns:
            return self.double(operator.inputs[0])
        return self.join(columns)

    def join(self, columns: Sequence[Column]) -> str:
        """Join columns of numbers to one matrix."""
        if any(column.string for column in columns):
            raise NotConvertibleError("a column of strings among numbers", use="an encoder for it")
        parts = [self.take(run[0].variable.onnx_name, [column.position for column in run]) for run in runs(columns)]
        return self.concat(parts)

    def concat(self, parts: Sequence[str]) -> str:
        """Write the columns of all parts side by side."""
        return self.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]

    def double(self, variable: Any) -> str:
        """Return the name of a variable's value in doubles."""
        name = str(variable.onnx_name)
        return name if type(variable.type).__name__ == "DoubleTensorType" else self.cast(name, np.float64)

    def wants_scores(self, operator: Any) -> bool:
        """Return whether a classifier's second output is its decision function: one column for two classes."""
        return id(operator) in self.inputs.scored

    def first_largest(self, scores: str) -> str:
        """Write the index of each row's largest score, the first of equal ones, shape (rows,)."""
        return self.add("ArgMax", scores, axis=1, keepdims=0)

    def labels(self, indices: str, classes: Any) -> str:
        """Write labels from indices: strings as strings, booleans and whole numbers as int64."""
        return self.add("Gather", np.asarray(label_values(classes)), indices)


def label_values(classes: Any) -> Any:
    """Return classes of types that a graph can hold; raises NotConvertibleError for fractions."""
    array = np.asarray(classes)
    if array.dtype.kind in "UO" and all(isinstance(value, str) for value in array.tolist()):
        return array.astype(object)
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        raise NotConvertibleError(
            f"a classifier with labels like {array[0]!r}", use="strings or whole numbers as labels"
        )
    return whole
