"""Converters that a publisher's package brings: the method `fairlead_onnx` of a class, or attribute of a function.

It gets the graph (`Nodes`) and the name of the matrix of inputs, doubles of shape (rows, columns). It returns the name
of its result: a transformer's columns, a regressor's values, or a classifier's probabilities as `classes_` orders them.
Parity is proved as for every other graph.
"""

import contextlib
from typing import Any

from fairlead.engines.model_code.source_rules import CONVERTER
from fairlead.errors import one_line
from fairlead.publishing.input.estimator_checks import parts
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes


def own_classes(estimator: Any) -> set[type[Any]]:
    """Return the classes inside an estimator that bring a converter."""
    return {type(part) for part in parts(estimator) if not isinstance(part, type) and hasattr(type(part), CONVERTER)}


def is_classifier(model: type[Any]) -> bool:
    """Return whether a class answers with probabilities of classes."""
    return hasattr(model, "predict_proba")


def parse_own(scope: Any, model: Any, inputs: list[Any], **_: Any) -> list[Any]:
    """Declare an own estimator's outputs: a matrix of doubles; for a classifier a label and probabilities."""
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

    operator = scope.declare_local_operator(f"Own{type(model).__name__}", model)
    operator.inputs = inputs
    if is_classifier(type(model)):
        operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
    operator.outputs.append(scope.declare_local_variable("variable", DoubleTensorType()))
    return list(operator.outputs)


def own_shape(operator: Any) -> None:
    """Declare a matrix of doubles; its width is known if the class names its output columns."""
    from skl2onnx.common.data_types import DoubleTensorType

    width = None
    with contextlib.suppress(Exception):  # most classes define no names, and own code may raise anything
        width = len(operator.raw_operator.get_feature_names_out())
    operator.outputs[0].type = DoubleTensorType([None, width])


def own_estimator(nodes: Nodes, operator: Any) -> None:
    """Write an own estimator by its own converter; a classifier's label is the first class of largest probability."""
    model = operator.raw_operator
    result = call_converter(model, type(model).__name__, nodes, nodes.matrix(operator))
    if is_classifier(type(model)):
        nodes.fill(operator.outputs[0], nodes.labels(nodes.first_largest(result), model.classes_))
    nodes.fill(operator.outputs[-1], result)


def call_converter(owner: Any, name: str, nodes: Nodes, matrix: str, **arguments: Any) -> str:
    """Return the name of the result that a class's or a function's own converter writes."""
    try:
        result = getattr(owner, CONVERTER)(nodes, matrix, **arguments)
    except NotConvertibleError:
        raise
    except Exception as error:  # own code may raise any exception
        raise NotConvertibleError(
            f"{name}.{CONVERTER}", finding=f"failed ({one_line(error, 200, named=True)})", use="ONNX's operators"
        ) from error
    if not isinstance(result, str):
        raise NotConvertibleError(
            f"{name}.{CONVERTER}", finding=f"returned a {type(result).__name__}", use="the name that graph.add returned"
        )
    return result
