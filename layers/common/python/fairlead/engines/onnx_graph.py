"""Checks the bytes of an ONNX graph before it is loaded: operators by domain, opsets, no data outside the file.

The graph is read as protobuf, by field numbers of onnx.proto
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), so that release needs neither onnx nor onnxruntime. A field
that occurs again follows protobuf's rules: the last scalar counts, and every message.
"""

import re
from collections.abc import Callable, Iterator

from fairlead.errors import EngineError

LARGEST_GRAPH = 500_000_000  # bytes
OPSETS = {"": 21, "ai.onnx.ml": 5, "com.microsoft": 1}
"""The newest opset of each domain that a graph may import."""
OPERATORS = {"com.microsoft": frozenset({"CDist"})}
"""Domains with only some operators allowed: com.microsoft also has operators that name files."""
DEEPEST = 8  # graphs inside nodes of graphs

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONG_LISTS = re.compile(rb"(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])++|(?:\x3d[\x00-\xff]{4})++")
"""Runs of AttributeProto.ints (field 8) and .floats (field 7): trees have hundreds of thousands of them."""

Value = int | memoryview


class _MalformedError(ValueError):
    """The bytes are not a protobuf message."""


def check_graph(blob: bytes) -> None:
    """Raise EngineError unless the graph is self-contained and all its operators are allowed."""
    if len(blob) > LARGEST_GRAPH:
        raise EngineError(f"the graph has {len(blob):,} bytes, at most {LARGEST_GRAPH:,} are served")
    try:
        _model(memoryview(blob))
    except _MalformedError as error:
        raise EngineError(f"the graph cannot be read: {error}") from error


def _model(data: memoryview) -> None:
    graphs = 0
    for number, value in _fields(data):
        if number in (20, 25):
            raise EngineError("the graph defines functions or training steps of its own")
        if number == 8:
            _opset(_message(value))
        elif number == 7:
            graphs += 1
            _graph(_message(value), 0)
    if not graphs:
        raise _MalformedError("it holds no graph")


def _opset(data: memoryview) -> None:
    last = dict(_fields(data))
    domain, version = _text(last.get(1, b"")), last.get(2, 0)
    newest = OPSETS.get(_plain(domain))
    if newest is None:
        raise EngineError(f"the graph uses operators of {domain!r}, which are not allowed")
    if not isinstance(version, int) or version > newest:
        raise EngineError(f"the graph is of opset {version} of {domain or 'ai.onnx'}, the newest served is {newest}")


def _graph(data: memoryview, depth: int) -> None:
    if depth > DEEPEST:
        raise EngineError(f"the graph holds graphs inside graphs, deeper than {DEEPEST}")
    for number, value in _fields(data):
        if number == 1:
            _node(_message(value), depth)
        elif number == 5:
            _tensor(_message(value))
        elif number == 15:
            _sparse_tensor(_message(value))


def _node(data: memoryview, depth: int) -> None:
    operator, domain = "", ""
    for number, value in _fields(data):
        if number == 4:
            operator = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            _attribute(_message(value), depth)
    allowed = OPERATORS.get(_plain(domain))
    if _plain(domain) not in OPSETS or (allowed is not None and operator not in allowed):
        raise EngineError(f"the graph uses the operator {operator!r} of {domain!r}, which is not allowed")


def _attribute(data: memoryview, depth: int) -> None:
    for number, value in _fields(data, skip=_LONG_LISTS):
        check = _INSIDE_ATTRIBUTES.get(number)
        if check is not None:
            check(_message(value))
        elif number in (6, 11):
            _graph(_message(value), depth + 1)


def _tensor(data: memoryview) -> None:
    for number, value in _fields(data):
        if number == 13 or (number == 14 and value != 0):
            raise EngineError("the graph keeps data outside its own file")


def _sparse_tensor(data: memoryview) -> None:
    for number, value in _fields(data):
        if number in (1, 2):
            _tensor(_message(value))


_INSIDE_ATTRIBUTES: dict[int, Callable[[memoryview], None]] = {
    5: _tensor, 10: _tensor, 22: _sparse_tensor, 23: _sparse_tensor,
}  # fmt: skip


def _plain(domain: str) -> str:
    """Return a domain's name as nodes have it: empty for ai.onnx."""
    return "" if domain == "ai.onnx" else domain


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise _MalformedError("a message is a number")
    return value


def _text(value: Value | bytes) -> str:
    if isinstance(value, int):
        raise _MalformedError("a name is a number")
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise _MalformedError("a name is not UTF-8") from error


def _fields(data: memoryview, *, skip: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, Value]]:
    """Yield a message's fields as (number, value), without fixed-width numbers and without runs that match `skip`."""
    position, end = 0, len(data)
    while position < end:
        if skip is not None and (run := skip.match(data, position)):
            position = run.end()
            continue
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield number, value
        elif wire == _BYTES:
            length, position = _varint(data, position)
            yield number, data[position : position + length]
            position += length
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise _MalformedError(f"a field is of wire type {wire}")
    if position != end:
        raise _MalformedError("it ends inside a field")


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if position >= len(data):
            raise _MalformedError("it ends inside a number")
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
    raise _MalformedError("a number is too long")
