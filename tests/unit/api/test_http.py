"""Bodies that API Gateway hands over as base64."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.http import plain_body
from fairlead.errors import NotJsonError


def handed_over(text: str) -> str | bytes:
    return plain_body({"body": text, "isBase64Encoded": True})


@given(st.binary(max_size=64))
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    assert handed_over(base64.b64encode(data).decode()) == data


@given(st.text(st.sampled_from("QUJD=-_ \n\té"), max_size=12))
def test_other_texts_are_refused_as_the_strict_decoder_does(text: str) -> None:
    try:
        expected = base64.b64decode(text, validate=True)
    except ValueError:
        with pytest.raises(NotJsonError, match="the body is not base64"):
            handed_over(text)
    else:
        assert handed_over(text) == expected
