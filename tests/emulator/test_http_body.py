"""Bodies of requests, by length and in chunks: read to their end, or refused."""

import io
from email.message import Message

import pytest

from fairlead_local.http_body import BrokenBodyError, read_body


def body(content: bytes, **named: str) -> tuple[bytes, bytes]:
    """Return the body, and what follows it on the connection."""
    headers, stream = Message(), io.BytesIO(content)
    for name, value in named.items():
        headers[name.replace("_", "-")] = value
    return read_body(headers, stream), stream.read()


def chunked(content: bytes) -> tuple[bytes, bytes]:
    return body(content, Transfer_Encoding="chunked")


def test_a_body_by_length_ends_there() -> None:
    assert body(b"abcdef", Content_Length="3") == (b"abc", b"def")
    assert body(b"abcdef", Content_Length=" 0 ") == (b"", b"abcdef")
    assert body(b"abcdef") == (b"", b"abcdef")


@pytest.mark.parametrize(
    "content",
    [
        b"3\r\nabc\r\n0\r\n\r\n",
        b"1\r\na\r\n2\r\nbc\r\n000\r\n\r\n",
        b"3;a=b\r\nabc\r\n0;c\r\n\r\n",
        b'3 ; a="b"\r\nabc\r\n0\r\n\r\n',
        b"3\r\nabc\r\n0\r\nName: value\r\nOther: one\r\n\r\n",
        b"3\nabc\n0\n\n",
    ],
)
def test_a_body_in_chunks_ends_with_its_trailers(content: bytes) -> None:
    assert chunked(content + b"def") == (b"abc", b"def")


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "+3", "3, 4", "0x3", "٣", "1_0"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    with pytest.raises(BrokenBodyError, match="Content-Length"):
        body(b"abcdef", Content_Length=length)


@pytest.mark.parametrize("length", ["7", "99999999999999999999999"])
def test_a_body_shorter_than_its_length_is_refused(length: str) -> None:
    with pytest.raises(BrokenBodyError, match=f"6 of {length} bytes"):
        body(b"abcdef", Content_Length=length)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"\r\nabc\r\n0\r\n\r\n",
        b"3\r\nab",
        b"3\r\nabc",
        b"3\r\nabc\r\n",
        b"3\r\nabc\r\n0\r\n",
        b"3\r\nabc\r\n0\r\nName: value\r\n",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"3;" + b"a" * 100_000 + b"\r\nabc\r\n0\r\n\r\n",
        b"f" * 40 + b"\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_broken_chunks_are_refused(content: bytes) -> None:
    with pytest.raises(BrokenBodyError):
        chunked(content)
