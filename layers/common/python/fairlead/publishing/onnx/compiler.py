"""Compile a fitted estimator to an ONNX graph in doubles, with its inputs and outputs described. It proves nothing."""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from fairlead.engines.text_counts import COUNTING_KEY, MOST_ROWS_KEY
from fairlead.model.manifest import Tensor
from fairlead.model.signature import Signature, with_ignored
from fairlead.publishing.input.inner_estimators import last_estimator
from fairlead.publishing.onnx.converters import Inputs, NotConvertibleError, conversion
from fairlead.publishing.onnx.converters.graph_inputs import NUMBERS, STRINGS
from fairlead.publishing.onnx.converters.graph_writer import ML, ML_OPSET, OPSETS
from fairlead.publishing.onnx.converters.own_classes import own_classes


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX model as bytes, its input tensors, and the names of its outputs by role (label, probabilities, …).

    `distances` says that answers depend on which of several distances is the smallest.
    """

    blob: bytes
    inputs: tuple[Tensor, ...]
    outputs: dict[str, str]
    distances: bool


def compile_estimator(estimator: Any, signature: Signature) -> Graph:
    """Compile to ONNX; raises NotConvertibleError with a reason of one line for every failure."""
    with _quiet():
        try:
            return _compile(estimator, signature)
        except NotConvertibleError:
            raise
        except Exception as error:  # converters may raise any exception
            raise _not_convertible(error, estimator) from error


def _compile(estimator: Any, signature: Signature) -> Graph:
    from skl2onnx import convert_sklearn

    whole = with_ignored(signature)
    inputs = Inputs(whole)
    ours = conversion(inputs, own_classes(estimator))
    model = convert_sklearn(
        estimator,
        name="fairlead",
        initial_types=inputs.types(),
        target_opset=OPSETS,
        custom_parsers=ours.parsers,
        custom_shape_calculators=ours.shapes,
        custom_conversion_functions=ours.functions,
    )
    outputs = name_outputs(model, signature) | _refused_output(model, inputs)
    _add_counts(model, inputs)
    _drop_unused(model)
    _import_opset(model)
    tensors = _tensors(model, inputs, whole)
    if signature.ignored:
        tensors = _without_ignored(model, tensors, {column.name for column in signature.ignored})
    return Graph(model.SerializeToString(), tensors, outputs, inputs.distances)


def name_outputs(model: Any, signature: Signature) -> dict[str, str]:
    """Keep the outputs of the signature and return their names by role; one number per row is one dimension."""
    from onnx import TensorProto, helper

    roles = roles_of(signature)
    given = [output.name for output in model.graph.output]
    if len(given) < len(roles):
        raise ValueError(f"the graph has {len(given)} outputs, the signature has {len(roles)}")
    types = {output.name: output.type.tensor_type.elem_type for output in model.graph.output}
    del model.graph.output[:]
    flat = helper.make_tensor("fairlead_flat", TensorProto.INT64, [1], [-1])
    model.graph.initializer.append(flat)
    outputs: dict[str, str] = {}
    for role, name in zip(roles, given, strict=False):
        several = role == "probabilities" or (role == "value" and signature.output.names is not None)
        kind = "Identity" if several else "Reshape"
        outputs[role] = f"fairlead_{role}"
        model.graph.node.append(helper.make_node(kind, [name] if several else [name, "fairlead_flat"], [outputs[role]]))
        shape = [None, None] if several else [None]
        model.graph.output.append(
            helper.make_tensor_value_info(outputs[role], _element_type(role, types[name], signature), shape)
        )
    return outputs


def _refused_output(model: Any, inputs: Inputs) -> dict[str, str]:
    """Add the output that marks the rows the estimator refuses, where it may refuse any; return its name by role."""
    from onnx import TensorProto, helper

    if not inputs.refused:
        return {}
    total = inputs.refused[0]
    for number, guard in enumerate(inputs.refused[1:]):
        model.graph.node.append(helper.make_node("Add", [total, guard], [f"fairlead_guards{number}"]))
        total = f"fairlead_guards{number}"
    model.graph.node.append(helper.make_node("IsNaN", [total], ["fairlead_guarded"]))
    model.graph.node.append(helper.make_node("Reshape", ["fairlead_guarded", "fairlead_flat"], ["fairlead_refused"]))
    model.graph.output.append(helper.make_tensor_value_info("fairlead_refused", TensorProto.BOOL, [None]))
    return {"refused": "fairlead_refused"}


def _element_type(role: str, declared: int, signature: Signature) -> int:
    """Return an output's element type: labels have the type of the classes, where converters may declare integers."""
    from onnx import TensorProto

    if role != "label" or not signature.output.classes:
        return declared
    strings = isinstance(signature.output.classes[0], str)
    return int(TensorProto.STRING if strings else TensorProto.INT64)


def roles_of(signature: Signature) -> list[str]:
    """Return the roles of the outputs, in the order of the converters."""
    task = signature.output.task
    if task == "regression":
        return ["value"]
    if task == "anomaly":
        return ["label", "score"]
    return ["label", "probabilities"] if signature.output.probabilities else ["label"]


def _add_counts(model: Any, inputs: Inputs) -> None:
    """Declare the inputs that the engine fills with counts of terms; the model's metadata says how."""
    from onnx import TensorProto, helper

    countings = {name: counting for name, (_, counting) in inputs.countings.items()}
    stand_ins = [node for node in model.graph.node if set(node.output) & set(countings)]
    for node in stand_ins:
        model.graph.node.remove(node)
    for name, counting in countings.items():
        shape = [None, len(counting.vocabulary)]
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape))
    metadata = {}
    if countings:
        metadata[COUNTING_KEY] = msgspec.json.encode(countings).decode()
    if inputs.most_rows is not None:
        metadata[MOST_ROWS_KEY] = str(inputs.most_rows)
    helper.set_model_props(model, metadata)


def _drop_unused(model: Any) -> None:
    """Drop nodes, initializers and inputs that no output needs: onnxruntime requires a value for every input."""
    needed = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    for holder, chosen in (
        (model.graph.node, kept[::-1]),
        (model.graph.initializer, [item for item in model.graph.initializer if item.name in needed]),
        (model.graph.input, [item for item in model.graph.input if item.name in needed]),
    ):
        copies = [type(item).FromString(item.SerializeToString()) for item in chosen]
        del holder[:]
        holder.extend(copies)


def _import_opset(model: Any) -> None:
    """Import the later ai.onnx.ml version that our nodes need; skl2onnx's nodes have the same meaning in both."""
    ours = any(node.domain == ML and node.op_type in ("TreeEnsemble", "LabelEncoder") for node in model.graph.node)
    for opset in model.opset_import:
        if ours and opset.domain == ML:
            opset.version = ML_OPSET


def _tensors(model: Any, inputs: Inputs, signature: Signature) -> tuple[Tensor, ...]:
    names = [item.name for item in model.graph.input]
    return tuple(
        Tensor(
            name=name,
            dtype="string" if name == STRINGS else "float64",
            fields=tuple(signature.inputs[position].name for position in inputs.fields(name)),
        )
        for name in names
    )


def _without_ignored(model: Any, tensors: tuple[Tensor, ...], ignored: set[str]) -> tuple[Tensor, ...]:
    """Remove ignored columns from the graph's inputs: the graph fills them with zeros, as the sklearn engine does."""
    from onnx import helper

    narrow = tuple(
        msgspec.structs.replace(tensor, fields=tuple(name for name in tensor.fields if name not in ignored))
        for tensor in tensors
    )
    for tensor, whole in zip(narrow, tensors, strict=True):
        if tensor.name != NUMBERS or tensor == whole:
            continue
        taken = {name: place for place, name in enumerate(tensor.fields)}
        order = [taken.get(name, len(taken)) for name in whole.fields]
        for node in model.graph.node:
            node.input[:] = ["fairlead_whole" if name == NUMBERS else name for name in node.input]
        model.graph.initializer.extend(
            [_integers("fairlead_one_more", [0, 0, 0, 1]), _integers("fairlead_order", order)]
        )
        model.graph.node.insert(0, helper.make_node("Pad", [NUMBERS, "fairlead_one_more"], ["fairlead_padded"]))
        model.graph.node.insert(
            1, helper.make_node("Gather", ["fairlead_padded", "fairlead_order"], ["fairlead_whole"], axis=1)
        )
        given = next(item for item in model.graph.input if item.name == NUMBERS)
        given.type.tensor_type.shape.dim[1].dim_value = len(taken)
    return narrow


def _integers(name: str, values: list[int]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the warnings, logs and prints of converters; a failure is reported as a reason."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _not_convertible(error: Exception, estimator: Any) -> NotConvertibleError:
    """Return the error that names the class without a converter, or the whole's last class if the text names none."""
    if type(error).__name__ in ("MissingConverter", "MissingShapeCalculator"):
        named = re.search(r"<class '([\w.]+)'>", str(error))
        if named:
            return NotConvertibleError.missing(named.group(1).rpartition(".")[2])
    return NotConvertibleError.failed("the converter", type(last_estimator(estimator)).__name__, error)
