"""The data form's bytes: a list of nodes in MessagePack, and the arrays' bytes behind it.

`MAGIC`, the length of the node list (8 bytes, little endian), the node list, padding to 64, arrays. Every node refers
only to nodes before it, so there are no cycles; what two objects share is one node. A value is None, a boolean, a
number, a string, or `[i]` for node i.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from fairlead.engines.estimator_data.arrays import check_elements, make_dtype
from fairlead.errors import ModelFileError

MAGIC = b"fairlead estimator 1\n"
ALIGNMENT = 64
LARGEST = 1 << 30
"""Bytes of one estimator: no function of 2 GB serves more."""
MOST_NODES = 5_000_000

Value = bool | int | float | str | list[int] | None


class Items(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """A list, tuple or set."""

    kind: Literal["list", "tuple", "set"]
    items: list[Value]


class Pairs(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """A dictionary."""

    keys: list[Value]
    values: list[Value]


class Array(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """An array of numbers, booleans, text or records of them; `start` counts from the first array's first byte."""

    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    start: int


class Objects(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    """An array of values, in C order."""

    shape: tuple[int, ...]
    items: list[Value]


class Scalar(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """A numpy scalar: dtype and its bytes."""

    dtype: str
    data: bytes


class Dtype(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """A numpy dtype."""

    code: str


class Big(msgspec.Struct, frozen=True, array_like=True, tag="b"):
    """An integer beyond 64 bits, in decimal."""

    digits: str


class Named(msgspec.Struct, frozen=True, array_like=True, tag="n"):
    """A function or type that is on the list, by name."""

    name: str


class Object(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """An object of a known class."""

    name: str
    attributes: dict[str, Value]


Node = Items | Pairs | Array | Objects | Scalar | Dtype | Big | Named | Object


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An estimator: the last node. `left_out` names what serving never needs and data cannot hold, such as scorers."""

    nodes: list[Node]
    left_out: tuple[str, ...] = ()


def encode(document: Document, arrays: Sequence[bytes | memoryview]) -> bytes:
    """Write the document and the arrays that its nodes point to, in their order."""
    head = msgspec.msgpack.encode(document)
    parts: list[bytes | memoryview] = [
        MAGIC,
        len(head).to_bytes(8, "little"),
        head,
        b"\0" * padding(len(MAGIC) + 8 + len(head)),
    ]
    for array in arrays:
        parts += [array, b"\0" * padding(len(array))]
    return b"".join(parts)


def padding(size: int) -> int:
    """Bytes that fill up to the next array's place."""
    return -size % ALIGNMENT


def decode(data: bytes) -> tuple[Document, memoryview]:
    """Read the document and the bytes of its arrays; raises ModelFileError."""
    if not data.startswith(MAGIC):
        raise ModelFileError("it is no estimator in data form", hint="publish the model again")
    if len(data) > LARGEST:
        raise ModelFileError(f"the estimator's data form is larger than {LARGEST >> 30} GiB")
    start = len(MAGIC) + 8
    length = int.from_bytes(data[len(MAGIC) : start], "little")
    try:
        document = msgspec.msgpack.decode(memoryview(data)[start : start + length], type=Document)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelFileError(f"the estimator's data form is damaged: {str(error)[:200]}") from error
    if not 0 < len(document.nodes) <= MOST_NODES:
        raise ModelFileError(f"the estimator's data form has {len(document.nodes):,} nodes, 1 to {MOST_NODES:,} may be")
    start += length
    return document, memoryview(data)[start + padding(start) :]


def array_of(node: Array, arrays: memoryview) -> np.ndarray[Any, Any]:
    """Copy an array out of the bytes; raises ModelFileError where it does not lie in them."""
    dtype = make_dtype(node.dtype)
    if len(node.shape) > 8 or any(not 0 <= length <= LARGEST for length in node.shape):
        raise ModelFileError(f"an array of shape {node.shape}"[:100])
    size = math.prod(node.shape) * dtype.itemsize
    if not 0 <= node.start <= len(arrays) - size:
        raise ModelFileError("an array that goes beyond the end")
    order: Literal["C", "F"] = "F" if node.fortran else "C"
    if not size:
        return np.empty(node.shape, dtype, order=order)
    flat = np.frombuffer(arrays[node.start : node.start + size], dtype)
    check_elements(flat)
    return flat.reshape(node.shape, order=order).copy(order=order)
