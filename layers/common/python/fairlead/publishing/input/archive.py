"""Recognise a model file by its first bytes, and decompress it within a size limit."""

import bz2
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairlead.errors import ModelFileError
from fairlead.publishing.input import paths

LARGEST_MODEL = 1 << 30
"""Bytes of a decompressed model: a function with 2 GB of memory serves no more, and a small file may decompress to any
size."""

CHUNK = 1 << 20
DUMP = "save the fitted estimator with joblib.dump(estimator, 'model.joblib') and publish that"

FOREIGN = (
    (b"PK\x03\x04", "a zip archive, as Keras and PyTorch write"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as older Keras versions write"),
    (b"\x93NUMPY", "a numpy array"),
    (b"PAR1", "a Parquet table"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"%PDF", "a PDF document"),
    (b"ZF", "a file of joblib before 0.10"),
    (b"\x04\x22\x4d\x18", "compressed with lz4"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstandard"),
)
HINTS = {"compressed with lz4": "save it again with compress=3 or without compression"}


def check_file(path: Path) -> None:
    """Raise NotFoundError where there is no file, ModelFileError where the path is another thing or is too large."""
    paths.check_file(path, ModelFileError, hint=DUMP)
    if path.stat().st_size > LARGEST_MODEL:
        raise ModelFileError(f"{path.name} is larger than {LARGEST_MODEL >> 30} GiB", hint="fit a smaller model")


def unpack(content: bytes, name: str) -> bytes:
    """Return a model file's bytes without joblib's compression; raises ModelFileError for other kinds of file."""
    if not content:
        raise ModelFileError(f"{name} is empty", hint=DUMP)
    decompressor = _decompressor(content)
    if decompressor is not None:
        content = _decompress(content, decompressor, name)
    _refuse_foreign(content, name)
    return content


def _decompressor(content: bytes) -> Any:
    if content.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if content.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if content.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LARGEST_MODEL)
    if content.startswith(b"\x5d\x00\x00"):
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LARGEST_MODEL)
    if content[0] == 0x78 and len(content) > 1 and (content[0] * 256 + content[1]) % 31 == 0:
        return zlib.decompressobj()
    return None


def _decompress(content: bytes, decompressor: Any, name: str) -> bytes:
    out = io.BytesIO()
    try:
        for part in _pieces(content, decompressor):
            out.write(part)
            if out.tell() > LARGEST_MODEL:
                break
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise ModelFileError(f"{name} is truncated or damaged: it cannot be decompressed", hint=DUMP) from error
    if out.tell() > LARGEST_MODEL:
        raise ModelFileError(f"{name} decompresses to more than {LARGEST_MODEL >> 30} GiB", hint="fit a smaller model")
    if decompressor.unused_data:
        raise ModelFileError(f"{name} has bytes after its compressed content", hint=DUMP)
    return out.getvalue()


def _pieces(data: bytes, decompressor: Any) -> Iterator[bytes]:
    while not decompressor.eof:
        part: bytes = decompressor.decompress(data, CHUNK)
        data = getattr(decompressor, "unconsumed_tail", b"")  # zlib returns the bytes that it did not read
        if not part and not data and not decompressor.eof:
            raise EOFError("the compressed stream ends too early")
        yield part


def _refuse_foreign(content: bytes, name: str) -> None:
    what = next((kind for magic, kind in FOREIGN if content.startswith(magic)), None) or _text(content)
    if what is None and name.endswith(".onnx"):
        what = "an ONNX graph"
    if what is not None:
        raise ModelFileError(f"{name} is {what}, not a scikit-learn estimator", hint=HINTS.get(what, DUMP))


def _text(content: bytes) -> str | None:
    """Return which text format the content is, None for other content and for a pickle of protocol 0.

    Protocol 0 is text that ends in a full stop.
    """
    start = content[:512].lstrip()
    if start[:1] == b"<":
        return "a web page or XML" if start[:1] == b"<" and b">" in start else None
    if start[:1] in (b"{", b"["):
        return "JSON text"
    if content.rstrip().endswith(b".") and start[:1] in b"(cl]}I\x80":
        return None
    return "text" if start and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start) else None
