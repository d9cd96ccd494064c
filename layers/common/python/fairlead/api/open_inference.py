"""The Open Inference Protocol V2 on a signature: reads inference requests as rows, writes answers as outputs.

One tensor for each field, `[N]` or `[N, 1]`; or one matrix `[N, fields]` where all fields are numbers. Values then
pass the same checks as the rows of /predict. The first request imports this module.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from fairlead.api import lenient_json, tensors
from fairlead.api.field_errors import shown
from fairlead.api.tensors import Tensor
from fairlead.errors import InstancesError, RequestError
from fairlead.model.answers import Answers
from fairlead.model.explanation import Reasons
from fairlead.model.signature import Field, Output, Signature, positions

PLATFORMS = {"onnx": "onnx_onnxv1", "sklearn": "sklearn"}
Parameters = dict[str, Any]
"""Unknown members and parameters are ignored: KServe's client sends `model_name`, and others their own server's."""


class _Input(msgspec.Struct, frozen=True):
    name: str
    shape: list[int]
    datatype: str
    data: Any = msgspec.UNSET
    parameters: Parameters | None = None


class _Output(msgspec.Struct, frozen=True):
    name: str
    parameters: Parameters | None = None


class _Request(msgspec.Struct, frozen=True):
    """Clients write null for a member that they do not use."""

    inputs: list[_Input]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Output] | None = None


class ChosenOutput(NamedTuple):
    """One output that a request asks for, and whether its data shall be binary."""

    name: str
    binary: bool


class InferRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request: its id (empty for none), its tensors, and the outputs that it names (none: the default).

    `explain` asks for the reasons of each prediction.
    """

    id: str
    inputs: list[Tensor]
    outputs: list[ChosenOutput]
    binary_output: bool = False
    explain: bool = False


class Written(msgspec.Struct, frozen=True):
    """A response's bytes, and the length of their JSON part where binary data follow, else None."""

    body: bytes
    json_length: int | None = None


def read(body: bytes | str, json_length: str | None = None) -> InferRequest:
    """Read a request; `json_length` is the header Inference-Header-Content-Length, None without binary data.

    Raises NotJsonError, RequestError for another shape, InstancesError for a tensor that contradicts itself.
    """
    text, rest = body, b""
    if json_length is not None:
        text, rest = _split(body.encode() if isinstance(body, str) else body, json_length)
    request = _decoded(text)
    inputs, at = [], 0
    for one in request.inputs:
        size = (one.parameters or {}).get("binary_data_size")
        if size is None:
            if one.data is msgspec.UNSET:
                raise InstancesError(f"input {one.name!r} has neither `data` nor the parameter binary_data_size")
            inputs.append(tensors.from_json(one.name, one.datatype, one.shape, one.data))
            continue
        if type(size) is not int or not 0 <= size <= len(rest) - at or one.data is not msgspec.UNSET:
            raise InstancesError(
                f"input {one.name!r}: binary_data_size {size} is not the size of the rest of the body",
                hint="send `data` or binary data, in the order of the inputs",
            )
        inputs.append(tensors.from_bytes(one.name, one.datatype, one.shape, rest[at : at + size]))
        at += size
    if at != len(rest):
        raise InstancesError(f"{len(rest) - at:,} bytes of the body belong to no input")
    asked = request.parameters or {}
    binary = bool(asked.get("binary_data_output", False))
    outputs = [
        ChosenOutput(one.name, bool((one.parameters or {}).get("binary_data", binary))) for one in request.outputs or ()
    ]
    explain = asked.get("explain", False)
    if not isinstance(explain, bool):
        raise RequestError(f"the parameter explain is true or false, got {shown(explain)}")
    return InferRequest(id=request.id or "", inputs=inputs, outputs=outputs, binary_output=binary, explain=explain)


def matrix(signature: Signature, inputs: Sequence[Tensor]) -> Any:
    """Return the one input as numpy's matrix of doubles where it came as bytes; None for every other request.

    Nothing is checked but that: `instances` names what is wrong.
    """
    if len(inputs) != 1 or inputs[0].name in {field.name for field in signature.inputs}:
        return None
    [one] = inputs
    if isinstance(one.data, list) or one.datatype not in tensors.FLOATS or len(one.shape) != 2:
        return None
    return one.data.reshape(one.shape).astype(float, copy=False)


def instances(signature: Signature, inputs: Sequence[Tensor]) -> Iterator[dict[str, Any]]:
    """Yield the tensors' rows by field name; raises InstancesError that names the input, or row and field."""
    names = [one.name for one in inputs]
    if not inputs:
        raise InstancesError("`inputs` is empty", hint="send at least one tensor")
    if len(set(names)) < len(names):
        raise InstancesError("two inputs have one name")
    if len({one.rows for one in inputs}) > 1:
        counts = ", ".join(f"{one.name!r} has {one.rows}" for one in inputs[:10])
        raise InstancesError(f"the inputs differ in their number of rows: {counts}")
    fields = {field.name: field for field in signature.inputs}
    if len(inputs) == 1 and names[0] not in fields:
        columns = _matrix(signature, inputs[0])
    else:
        columns = _columns(signature, inputs, fields)
    found = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return lenient_json.without_nan(signature.inputs, found)


def write(
    request: InferRequest,
    answers: Answers,
    output: Output,
    *,
    identity: Mapping[str, Any],
    ids: Sequence[str],
    binary: bool,
    reasons: Reasons | None = None,
) -> Written:
    """Write the response; its parameters hold the exact release and the prediction ids, joined by commas.

    `reasons` become further outputs, whose columns are the model's inputs in order. `binary` is whether the caller can
    receive binary data; without it, all data are JSON.
    """
    available = outputs(output)
    default = [
        ChosenOutput(one, request.binary_output) for one in ("predict", "predict_proba", "score") if one in available
    ]
    names = [chosen.name for chosen in request.outputs]
    if len(set(names)) < len(names):
        raise RequestError("`outputs` names an output twice")
    written, parts = [], []
    for chosen in request.outputs or default:
        if chosen.name not in available:
            raise RequestError(
                f"there is no output {chosen.name[:100]!r}", hint=f"outputs of this model: {', '.join(available)}"
            )
        data = output_values(chosen.name, answers, output)
        document, part = _tensor(chosen.name, available[chosen.name], data, len(ids), binary=chosen.binary and binary)
        written.append(document)
        parts.append(part)
    for name, kind, data in _reason_outputs(reasons, output) if reasons else ():
        document, part = _tensor(name, kind, data, len(ids), binary=request.binary_output and binary)
        written.append(document)
        parts.append(part)
    named = {"explanation_method": reasons.method, "explanation_scale": reasons.scale} if reasons else {}
    document = {
        "model_name": identity["model"],
        "model_version": str(identity["version"]),
        **({"id": request.id} if request.id else {}),
        "parameters": {**identity, "prediction_ids": ",".join(ids), **named},
        "outputs": written,
    }
    text = msgspec.json.encode(document)
    return Written(text + b"".join(parts), len(text)) if any(parts) else Written(text)


def metadata(signature: Signature, *, name: str, versions: Sequence[int], engine: str) -> dict[str, Any]:
    """Return the model's metadata; the first dimension of each tensor, the rows, varies: -1."""
    return {
        "name": name,
        "versions": [str(one) for one in versions],
        "platform": PLATFORMS[engine],
        "inputs": [{"name": field.name, "datatype": _datatype(field), "shape": [-1]} for field in signature.inputs],
        "outputs": [
            {"name": one, "datatype": datatype, "shape": [-1, *([width] if width else [])]}
            for one, (datatype, width) in outputs(signature.output).items()
        ],
    }


def outputs(output: Output) -> dict[str, tuple[str, int]]:
    """Return the outputs that a request may ask for: datatype, and columns beside the rows (0 for none)."""
    if output.task == "regression":
        values = ("FP64", len(output.names or ()))
        return {"predict": values, "value": values}
    found = {"predict": (_label_type(output), 0)}
    if output.probabilities:
        found["predict_proba"] = ("FP64", len(output.classes or ()))
    if output.task == "anomaly":
        found["score"] = ("FP64", 0)
    return found


def _split(body: bytes, json_length: str) -> tuple[bytes, bytes]:
    length = int(json_length) if json_length.isascii() and json_length.isdecimal() and len(json_length) < 9 else -1
    if not 0 <= length <= len(body):
        raise RequestError(
            f"Inference-Header-Content-Length is {json_length[:40]!r}, and the body has {len(body):,} bytes",
            hint="it counts the bytes of the JSON part, which comes first",
        )
    return body[:length], body[length:]


def _decoded(text: bytes | str) -> _Request:
    try:
        request = msgspec.convert(lenient_json.decode(text), _Request)
        (request.id or "").encode()  # the response repeats it
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise RequestError(
            f"the body is no inference request: {error}", hint="GET /v2/models/NAME shows the inputs and outputs"
        ) from error
    return request


def _matrix(signature: Signature, one: Tensor) -> dict[str, list[Any]]:
    """Return the columns of the one matrix that holds all fields, in the signature's order."""
    fields = signature.inputs
    strange = next((field for field in fields if field.kind not in {"number", "integer"}), None)
    if strange is not None or one.datatype not in tensors.NUMBERS:
        names = ", ".join(repr(field.name) for field in fields[:10])
        raise InstancesError(
            f"input {one.name[:100]!r} is no field of the model", hint=f"send one tensor for each field: {names}"
        )
    width = one.shape[1] if len(one.shape) == 2 else 1
    places = {len(fields): range(len(fields)), len(fields) + len(signature.ignored): positions(signature)}.get(width)
    if places is None:
        raise InstancesError(f"input {one.name[:100]!r} has {width} columns, and the model {len(fields)} fields")
    values = one.values()
    return {field.name: values[place::width] for field, place in zip(fields, places, strict=True)}


def _columns(signature: Signature, inputs: Sequence[Tensor], fields: Mapping[str, Field]) -> dict[str, list[Any]]:
    """Return the columns of tensors that each hold one field; those of ignored columns are dropped unread."""
    ignored = {column.name for column in signature.ignored}
    columns = {}
    for one in inputs:
        if one.name in ignored:
            continue
        if one.name not in fields:
            raise InstancesError(
                f"input {one.name[:100]!r} is no field of the model", hint="GET /v2/models/NAME lists the inputs"
            )
        if math.prod(one.shape[1:]) != 1:
            raise InstancesError(f"input {one.name!r} has the shape {list(one.shape)}: send [N] or [N, 1]")
        taken = _taken(fields[one.name])
        if one.datatype not in taken:
            listed = ", ".join(sorted(taken))
            raise InstancesError(f"input {one.name!r} has the datatype {one.datatype}, and the field takes {listed}")
        columns[one.name] = one.values()
    if not columns:
        raise InstancesError("no input is a field of the model", hint="GET /v2/models/NAME lists the inputs")
    return columns


def _taken(field: Field) -> frozenset[str]:
    kind = _datatype(field)
    return frozenset({kind}) if kind in {"BOOL", "BYTES"} else tensors.NUMBERS


def _datatype(field: Field) -> str:
    """Return the datatype that metadata name for a field."""
    if field.kind == "boolean":
        return "BOOL"
    if field.kind == "number":
        return "FP64"
    categories = field.categories or ()
    whole = field.kind == "integer" or (field.kind == "category" and categories and isinstance(categories[0], int))
    return "INT64" if whole else "BYTES"


def _label_type(output: Output) -> str:
    kinds = {type(one) for one in output.classes or (1,)}
    return {frozenset({bool}): "BOOL", frozenset({str}): "BYTES", frozenset({int}): "INT64"}.get(
        frozenset(kinds), "FP64"
    )


def output_values(name: str, answers: Answers, output: Output) -> list[Any]:
    """Return an output's values, row-major."""
    column: Any = {"predict_proba": answers.probabilities, "score": answers.scores, "value": answers.values}.get(name)
    if name == "predict":
        column = answers.values if output.task == "regression" else answers.labels
    column = column or []
    return list(chain.from_iterable(column)) if column and isinstance(column[0], list) else column


def _reason_outputs(reasons: Reasons, output: Output) -> Iterator[tuple[str, tuple[str, int], list[Any]]]:
    """Yield each output of reasons: its name, datatype and columns, and its values."""
    labels = "BYTES" if output.task in {"regression", "anomaly"} else _label_type(output)
    width = len(reasons.contributions[0])
    yield "explain_output", (labels, 0), list(reasons.outputs)
    yield "explain_base", ("FP64", 0), reasons.bases
    yield "explain_contributions", ("FP64", width), [one for row in reasons.contributions for one in row]
    if reasons.errors is not None:
        yield "explain_standard_errors", ("FP64", width), [one for row in reasons.errors for one in row]


def _tensor(
    name: str, kind: tuple[str, int], data: list[Any], rows: int, *, binary: bool
) -> tuple[dict[str, Any], bytes]:
    datatype, width = kind
    document: dict[str, Any] = {
        "name": name,
        "datatype": datatype,
        "shape": [rows, *([width] if width else [])],
    }
    if not binary:
        return {**document, "data": data}, b""
    part = tensors.to_bytes(datatype, data)
    return {**document, "parameters": {"binary_data_size": len(part)}}, part
