"""The body of an HTTP/1.1 request, by length or in chunks; one that ends early is never taken as complete."""

import re
from email.message import Message
from io import BufferedIOBase

LENGTH = re.compile(r"\d{1,30}", re.ASCII)
CHUNK_LENGTH = re.compile(rb"[0-9a-fA-F]{1,30}")
LINE = 65_536
PIECE = 1 << 20
"""Bytes that are read at a time: a caller may claim any length."""


class BrokenBodyError(ValueError):
    """The body is not what its headers say, or has ended early."""


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """Return the body; raises BrokenBodyError."""
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return _chunks(stream)
    length = headers.get("Content-Length", "0").strip()
    if not LENGTH.fullmatch(length):
        raise BrokenBodyError(f"Content-Length is {length!r}")
    return _exactly(stream, int(length))


def _chunks(stream: BufferedIOBase) -> bytes:
    """Return the chunks' contents; extensions of chunks and trailers after the last one are passed over."""
    body = []
    while size := _size(_line(stream)):
        body.append(_exactly(stream, size))
        if _line(stream):
            raise BrokenBodyError(f"a chunk is longer than its {size} bytes")
    while _line(stream):
        continue
    return b"".join(body)


def _size(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not CHUNK_LENGTH.fullmatch(size):
        raise BrokenBodyError(f"a chunk has the length {size[:20].decode('latin-1')!r}")
    return int(size, 16)


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(LINE)
    if not line.endswith(b"\n"):
        raise BrokenBodyError("the chunks ended early, or a line of them is too long")
    return line.strip()


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    pieces, left = [], size
    while left and (piece := stream.read(min(left, PIECE))):
        pieces.append(piece)
        left -= len(piece)
    if left:
        raise BrokenBodyError(f"the body ended after {size - left} of {size} bytes")
    return b"".join(pieces)
