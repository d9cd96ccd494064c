"""Converter of MLPRegressor, for one target or several."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.graph_writer import Nodes

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}


def perceptron_regressor(nodes: Nodes, operator: Any) -> None:
    """Write layer by layer; the last layer has its own activation."""
    model = operator.raw_operator
    value = nodes.matrix(operator)
    last = len(model.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        value = nodes.add("Add", nodes.add("MatMul", value, np.asarray(weights)), np.asarray(bias)[None, :])
        activation = ACTIVATIONS.get(model.activation if layer < last else model.out_activation_)
        value = nodes.add(activation, value) if activation else value
    nodes.fill(operator.outputs[0], value)
