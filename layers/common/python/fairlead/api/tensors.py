"""Tensors of the Open Inference Protocol V2: datatypes, shapes, JSON data and the binary extension.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fairlead.api.field_errors import shown
from fairlead.errors import InstancesError

NUMPY = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
    "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip
"""NumPy's type of each datatype of fixed size; BYTES has lengths of its own."""
PACKED = {"BOOL": "?", "INT64": "q", "FP64": "d"}
"""Python's struct format of each datatype of outputs: it packs lists several times as fast as numpy."""
FLOATS = frozenset({"FP16", "FP32", "FP64"})
WHOLE = frozenset(name for name in NUMPY if "INT" in name)
NUMBERS = FLOATS | WHOLE


class Tensor(msgspec.Struct, frozen=True):
    """One input, checked: `data` has one element for each place of `shape`, row-major, None for null.

    Numbers that came as bytes stay numpy's array, until `values` is asked.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Any

    def values(self) -> list[Any]:
        """Return the elements as Python values."""
        found: list[Any] = self.data if isinstance(self.data, list) else self.data.tolist()
        return found

    @property
    def rows(self) -> int:
        """Number of rows: the first dimension."""
        return self.shape[0]


def from_json(name: str, datatype: str, shape: Sequence[int], data: Any) -> Tensor:
    """Return a tensor whose `data` came as JSON, nested or flat; raises InstancesError that names the input."""
    dimensions = _dimensions(name, datatype, shape)
    flat = _flat(name, dimensions, data)
    right, expected = _check(datatype)
    for place, value in enumerate(flat):
        if value is not None and not right(value):
            raise _refused(name, dimensions, place, expected, shown(value))
    return Tensor(name, datatype, dimensions, flat)


def from_bytes(name: str, datatype: str, shape: Sequence[int], data: bytes) -> Tensor:
    """Return a tensor whose data came little-endian after the JSON part; raises InstancesError."""
    dimensions = _dimensions(name, datatype, shape)
    count = math.prod(dimensions)
    if datatype == "BYTES":
        return Tensor(name, datatype, dimensions, _texts(name, dimensions, data))
    import numpy as np

    kind = np.dtype(NUMPY[datatype])
    if len(data) != count * kind.itemsize:
        raise InstancesError(
            f"input {name!r}: {len(data):,} bytes of data, and shape {list(dimensions)} of {datatype} has "
            f"{count * kind.itemsize:,}"
        )
    if datatype == "BOOL":
        flags = np.frombuffer(data, "u1")
        if flags.size and flags.max() > 1:
            raise InstancesError(f"input {name!r}: a byte of BOOL is neither 0 nor 1")
        return Tensor(name, datatype, dimensions, flags.astype(bool).tolist())
    return Tensor(name, datatype, dimensions, np.frombuffer(data, kind))


def to_bytes(datatype: str, values: Sequence[Any]) -> bytes:
    """Return an output's values as the binary extension has them: little-endian, BYTES each after four of length."""
    if datatype == "BYTES":
        texts = [str(value).encode() for value in values]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return struct.pack(f"<{len(values)}{PACKED[datatype]}", *values)


def _dimensions(name: str, datatype: str, shape: Sequence[int]) -> tuple[int, ...]:
    if datatype not in NUMPY and datatype != "BYTES":
        known = ", ".join([*NUMPY, "BYTES"])
        raise InstancesError(f"input {name!r}: there is no datatype {datatype[:40]!r}", hint=f"datatypes: {known}")
    if len(shape) not in {1, 2} or min(shape) < 0:
        raise InstancesError(
            f"input {name!r}: the shape is {list(shape)[:10]}",
            hint="the first dimension counts the rows; a field is [N] or [N, 1], a matrix of all fields [N, fields]",
        )
    return tuple(shape)


def _flat(name: str, shape: tuple[int, ...], data: Any) -> list[Any]:
    """Return nested or flat data as one list with an element for each place of the shape."""
    if not isinstance(data, list):
        raise InstancesError(f"input {name!r}: `data` must be an array, got {shown(data)}")
    if data and isinstance(data[0], list) and len(shape) == 2:
        wrong = next((row for row in data if not isinstance(row, list) or len(row) != shape[1]), None)
        if len(data) != shape[0] or wrong is not None:
            raise InstancesError(f"input {name!r}: the nesting of `data` does not match its shape {list(shape)}")
        data = [value for row in data for value in row]
    if len(data) != math.prod(shape):
        raise InstancesError(
            f"input {name!r}: {len(data):,} values in `data`, and shape {list(shape)} has {math.prod(shape):,}"
        )
    return list(data)


def _check(datatype: str) -> tuple[Callable[[Any], bool], str]:
    """Return the predicate that accepts JSON values of a datatype, and the expectation in words."""
    if datatype == "BOOL":
        return lambda value: isinstance(value, bool), "true or false"
    if datatype == "BYTES":
        return lambda value: isinstance(value, str), "text"
    if datatype in FLOATS:
        return lambda value: type(value) in {int, float}, "a number"
    bits = int(datatype.removeprefix("U").removeprefix("INT"))
    lowest, highest = (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def whole(value: Any) -> bool:
        return type(value) in {int, float} and lowest <= value <= highest and value == int(value)

    return whole, f"a whole number from {lowest} to {highest}"


def _texts(name: str, shape: tuple[int, ...], data: bytes) -> list[str]:
    texts, at = [], 0
    for place in range(math.prod(shape)):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        if at + 4 > len(data) or end > len(data):
            raise InstancesError(f"input {name!r}: the data end within element {place} of shape {list(shape)}")
        try:
            texts.append(data[at + 4 : end].decode())
        except UnicodeDecodeError:
            raise _refused(name, shape, place, "text in UTF-8", "other bytes") from None
        at = end
    if at != len(data):
        raise InstancesError(f"input {name!r}: {len(data) - at:,} bytes follow the elements of shape {list(shape)}")
    return texts


def _refused(name: str, shape: tuple[int, ...], place: int, expected: str, got: str) -> InstancesError:
    row, column = divmod(place, shape[1] if len(shape) == 2 else 1)
    where = f"row {row}, input {name!r}" + (f", column {column}" if len(shape) == 2 and shape[1] > 1 else "")
    error = {"row": row, "field": name[:100], "expected": expected, "got": got}
    return InstancesError(f"{where}: expected {expected}, got {got}", errors=[error])  # type: ignore[list-item]  # a dict literal
