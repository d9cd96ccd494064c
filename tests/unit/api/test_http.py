"""Bodies that API Gateway hands over as base64."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.http import api_url, plain_body
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


@pytest.mark.parametrize(
    ("host", "path", "full", "url"),
    [
        ("a1.execute-api.eu-west-1.amazonaws.com", "/openapi.json", "/prod/openapi.json", "/prod"),
        ("ml.example.com", "/churn/openapi.json", "/churn/openapi.json", "/churn"),
        ("ml.example.com", "/openapi.json", "/openapi.json", ""),
    ],
)
def test_the_address_has_the_stage_or_the_base_path_of_a_custom_domain(
    host: str, path: str, full: str, url: str
) -> None:
    """With a custom domain, API Gateway leaves the base path in `path`."""
    event = {"resource": "/openapi.json", "path": path, "requestContext": {"domainName": host, "path": full}}
    assert api_url(event) == f"https://{host}{url}"
