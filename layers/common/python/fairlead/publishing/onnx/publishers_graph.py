"""Take an ONNX graph that the publisher made: find its inputs and outputs, and describe them as a compiled one's.

It proves nothing: parity is proved against the estimator, as for every graph. Its metadata are dropped, because the
engine reads instructions from them.
"""

from collections.abc import Sequence
from typing import Any, Literal

from fairlead.engines.onnx_graph import check_graph
from fairlead.errors import EngineError, one_line
from fairlead.model.manifest import Tensor
from fairlead.model.signature import Signature
from fairlead.publishing.onnx.compiler import Graph, name_outputs, roles_of

OPSETS_HINT = "convert it with target_opset={'': 21, 'ai.onnx.ml': 5}"
NAMES_HINT = "give it one matrix of all columns, or one input of shape (rows, 1) named as each column"
OUTPUTS_HINT = "for a classifier, convert it with options={'zipmap': False}"

DType = Literal["float32", "float64", "int64", "string"]


def take_graph(content: bytes, signature: Signature) -> Graph:
    """Return the publisher's graph with its tensors described; raises EngineError with what it lacks.

    Inputs are either one matrix of shape (rows, fields) with the fields in signature order, or one tensor of shape
    (rows, 1) for each field, by its name. Outputs are those of skl2onnx without ZipMap: `label` and `probabilities`,
    one `value`, or `label` and `score`.
    """
    import onnx
    from onnx import helper

    _check(content)
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's errors share no base class with a public name
        raise EngineError(f"the graph cannot be read: {one_line(error)}") from error
    if signature.ignored:
        names = ", ".join(column.name for column in signature.ignored)
        raise EngineError(
            f"the estimator does not use {names}, and a graph of your own must take exactly the columns of requests",
            hint="fit the estimator without these columns, or publish without --onnx",
        )
    tensors = _tensors(model, signature)
    _order_outputs(model, signature)
    outputs = name_outputs(model, signature)
    helper.set_model_props(model, {})
    return Graph(model.SerializeToString(), tensors, outputs, distances=False)


def _check(content: bytes) -> None:
    try:
        check_graph(content)
    except EngineError as error:
        raise EngineError(f"the graph of --onnx is refused: {error}", hint=OPSETS_HINT) from error


def _tensors(model: Any, signature: Signature) -> tuple[Tensor, ...]:
    constants = {item.name for item in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name not in constants]
    fields = tuple(field.name for field in signature.inputs)
    if len(inputs) == 1 and _width(inputs[0]) == len(fields):
        return (Tensor(name=inputs[0].name, dtype=_dtype(inputs[0]), fields=fields),)
    names = [item.name for item in inputs]
    if sorted(names) != sorted(fields):
        missing, extra = sorted(set(fields) - set(names)), sorted(set(names) - set(fields))
        found = [f"{kind} {', '.join(some[:5])}" for kind, some in (("no", missing), ("unknown", extra)) if some]
        raise EngineError(f"the graph's inputs are not the model's columns: {'; '.join(found)}", hint=NAMES_HINT)
    wide = next((item.name for item in inputs if _width(item) != 1), None)
    if wide is not None:
        raise EngineError(f"the graph's input {wide} is not of shape (rows, 1)", hint=NAMES_HINT)
    return tuple(Tensor(name=item.name, dtype=_dtype(item), fields=(item.name,)) for item in inputs)


def _width(item: Any) -> int | None:
    """Return the second dimension of an input of two; None for other shapes and where the graph does not say it."""
    dimensions = item.type.tensor_type.shape.dim
    return dimensions[1].dim_value if len(dimensions) == 2 else None


def _dtype(item: Any) -> DType:
    from onnx import TensorProto

    kinds: dict[int, DType] = {
        TensorProto.FLOAT: "float32",
        TensorProto.DOUBLE: "float64",
        TensorProto.INT64: "int64",
        TensorProto.STRING: "string",
    }
    kind = kinds.get(item.type.tensor_type.elem_type)
    if kind is None:
        raise EngineError(f"the graph's input {item.name} is not of float, double, int64 or string")
    return kind


def _order_outputs(model: Any, signature: Signature) -> None:
    """Put the outputs in the order of the roles; raises EngineError where a role has none or several."""
    from onnx import TensorProto

    numbers = (TensorProto.FLOAT, TensorProto.DOUBLE)
    labels = (TensorProto.INT64, TensorProto.STRING)
    roles = roles_of(signature)
    kinds = [labels if role == "label" else numbers for role in roles]
    found = [_only(model.graph.output, role, kind) for role, kind in zip(roles, kinds, strict=True)]
    copies = [type(item).FromString(item.SerializeToString()) for item in found]
    del model.graph.output[:]
    model.graph.output.extend(copies)


def _only(outputs: Sequence[Any], role: str, kinds: Sequence[int]) -> Any:
    found = [item for item in outputs if item.type.HasField("tensor_type") and item.type.tensor_type.elem_type in kinds]
    if len(found) != 1:
        raise EngineError(
            f"the graph has {len(found)} outputs that may be its {role}, and needs one: a tensor of "
            + ("integers or strings" if role == "label" else "numbers"),
            hint=OUTPUTS_HINT,
        )
    return found[0]
