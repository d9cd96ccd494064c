"""Messages between this process and the closed process of a booster: MessagePack behind its length of 8 bytes."""

from typing import IO, Any, TypeVar

import msgspec
import numpy as np

Message = TypeVar("Message", bound=msgspec.Struct)


class Matrix(msgspec.Struct, frozen=True, array_like=True):
    """Doubles in C order; `indices` and `indptr` (int64) make them a csr matrix."""

    shape: tuple[int, ...]
    data: bytes
    indices: bytes | None = None
    indptr: bytes | None = None


class BoosterQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ask a model by its digest: for the library's text of it, or for the answers to rows. `model` is sent once."""

    digest: str
    model: bytes | None = None
    rows: Matrix | None = None
    options: dict[str, float | int | None] = {}


class BoosterReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The text, the answers, or the reason why there is neither."""

    text: str = ""
    answers: Matrix | None = None
    failure: str = ""


def pack(rows: Any) -> Matrix:
    """Return an array or a csr matrix as a message."""
    if hasattr(rows, "indptr"):
        indices, indptr = (np.asarray(part, dtype=np.int64).tobytes() for part in (rows.indices, rows.indptr))
        return Matrix(rows.shape, np.asarray(rows.data, dtype=np.float64).tobytes(), indices, indptr)
    array = np.ascontiguousarray(rows, dtype=np.float64)
    return Matrix(array.shape, array.tobytes())


def unpack(matrix: Matrix) -> Any:
    """Return the array or csr matrix of a message; raises ValueError where bytes and shape do not fit."""
    data = np.frombuffer(matrix.data, dtype=np.float64)
    if matrix.indices is None or matrix.indptr is None:
        return data.reshape(matrix.shape)
    from scipy.sparse import csr_matrix

    indices, indptr = (np.frombuffer(part, dtype=np.int64) for part in (matrix.indices, matrix.indptr))
    return csr_matrix((data, indices, indptr), shape=matrix.shape)


def send(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write one message."""
    content = msgspec.msgpack.encode(message)
    stream.write(len(content).to_bytes(8, "little") + content)
    stream.flush()


def receive(stream: IO[bytes], kind: type[Message], *, most: int) -> Message | None:
    """Read one message, None at the end; raises msgspec.DecodeError for one that is malformed or too long."""
    length = int.from_bytes(stream.read(8), "little")
    if not length:
        return None
    if length > most:
        raise msgspec.DecodeError("a message that is too long")
    return msgspec.msgpack.decode(stream.read(length), type=kind)
