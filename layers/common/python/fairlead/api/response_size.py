"""Lambda's limit on a response: a larger one is an error of the function, whoever asked for it.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import msgspec

from fairlead.errors import TooLargeError

LARGEST_RESPONSE = 6 * 1024 * 1024 - 16 * 1024
"""Bytes of a Lambda response (6 MB) minus room for the envelope."""


def encoded(value: object) -> int:
    """Return the bytes of a value's JSON inside Lambda's JSON response, which is UTF-8 and escapes quotes."""
    return len(msgspec.json.encode(msgspec.json.encode(value).decode()))


def check(body: bytes | str) -> None:
    """Raise TooLargeError for a body that does not fit: bytes travel as base64, text as a JSON string."""
    most = LARGEST_RESPONSE // 6  # a character takes six bytes at most
    if len(body) <= most:
        return
    size = -(-len(body) // 3) * 4 if isinstance(body, bytes) else len(msgspec.json.encode(body))
    if size > LARGEST_RESPONSE:
        raise TooLargeError(
            f"the answer has {size:,} bytes, more than Lambda's 6 MB", hint="ask for fewer rows or outputs"
        )
