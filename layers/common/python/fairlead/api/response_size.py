"""Lambda's limit on a response: Lambda fails a call with a larger one, as if the function had failed.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.errors import TooLargeError
from fairlead.model.signature import Signature, class_names

LARGEST_RESPONSE = 6 * 1024 * 1024 - 16 * 1024
"""Bytes of a Lambda response (6 MB) minus room for the envelope."""
LONGEST_NUMBER = -1.7976931348623157e308


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


def most_rows(signature: Signature) -> int:
    """Return the most rows of a request: as many answers as fit Lambda's response."""
    return LARGEST_RESPONSE // _widest_answer(signature, class_names(signature.output))


def _widest_answer(signature: Signature, keys: Sequence[str]) -> int:
    """Return the most bytes of one row's answer, with its JSON escaped inside Lambda's JSON response."""
    output = signature.output
    answer: dict[str, Any] = {"id": f"{'0' * 36}-{'0' * 7}"}
    if output.task == "regression":
        answer["value"] = dict.fromkeys(output.names, LONGEST_NUMBER) if output.names else LONGEST_NUMBER
    else:
        answer |= {"label": max(output.classes or (-1,), key=encoded), "score": LONGEST_NUMBER}
    if output.probabilities:
        answer["probabilities"] = dict.fromkeys(keys, LONGEST_NUMBER)
    return encoded(answer) - 1  # minus two quotes, plus a comma
