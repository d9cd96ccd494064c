"""The limit on a response, in the bytes that Lambda counts."""

import pytest

from fairlead.api import response_size
from fairlead.api.response_size import LARGEST_RESPONSE
from fairlead.errors import TooLargeError


@pytest.mark.parametrize(
    "body",
    [
        "x" * (LARGEST_RESPONSE - 2),
        '"' * (LARGEST_RESPONSE // 2 - 1),
        "é" * (LARGEST_RESPONSE // 2 - 1),
        b"x" * (LARGEST_RESPONSE // 4 * 3),
    ],
)
def test_the_largest_body_fits_and_one_more_element_does_not(body: bytes | str) -> None:
    response_size.check(body)
    with pytest.raises(TooLargeError, match="more than Lambda's 6 MB"):
        response_size.check(body + body[:1] * 3)  # type: ignore[operator]  # of one type
