"""The OpenAPI document of a version: what it says of rows and answers is what the endpoint takes and gives."""

import contextlib
import json
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

NAMES = ("island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex", "year", "other")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Dream", "male", "2007", ""]), st.lists(st.none(), max_size=1),
)  # fmt: skip


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))


def call(app: ModuleType, name: str, **changes: Any) -> tuple[int, Any]:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event(name, **changes), context())
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def document(app: ModuleType) -> dict[str, Any]:
    status, found = call(app, "openapi")
    assert status == 200
    return dict(found)


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_it_names_the_version_and_the_address(document: dict[str, Any], published: Published) -> None:
    assert (document["openapi"], document["info"]["title"], document["info"]["version"]) == ("3.1.0", "penguins", "1")
    assert published.sha256 in document["info"]["description"]
    assert document["servers"] == [{"url": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"}]
    assert set(document["paths"]) >= {"/predict", "/versions/1/predict", "/model", "/health"}


def test_its_example_is_answered_as_it_says(app: ModuleType, document: dict[str, Any]) -> None:
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]

    status, answered = call(app, "predict", body=json.dumps(body["example"]))

    assert status == 200
    jsonschema.validate(body["example"]["instances"][0], schema(document, "Row"), jsonschema.Draft202012Validator)
    jsonschema.validate(answered, schema(document, "PredictResponse"), jsonschema.Draft202012Validator)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(row=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_a_row_is_taken_exactly_where_the_schema_takes_it(
    app: ModuleType, document: dict[str, Any], row: dict[str, Any]
) -> None:
    takes = jsonschema.Draft202012Validator(schema(document, "Row")).is_valid(row)

    status, answered = call(app, "predict", body=json.dumps({"instances": [row]}))

    assert status == (200 if takes else 422), answered
    if not takes:
        jsonschema.validate(answered, schema(document, "Problem"), jsonschema.Draft202012Validator)
        assert answered["code"] in document["paths"]["/predict"]["post"]["responses"]["422"]["description"].split(", ")


def test_a_pinned_version_has_its_own(app: ModuleType, published: Published) -> None:
    pinned = {"version": str(published.manifest.version)}

    assert call(app, "openapi", queryStringParameters=pinned)[1]["info"]["version"] == pinned["version"]
    assert call(app, "openapi", queryStringParameters={"version": "99"})[0] == 404
