"""Predict's captured lines: only of callers' requests, and only the configured fields."""

import contextlib
import json
from types import ModuleType
from typing import Any

import pytest

from fairlead.errors import SettingsError
from fairlead.publishing.publish import Published
from fairlead.telemetry import capture
from fairlead.telemetry.capture import Part
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

KEY = "1ab5d340-0000-4000-8000-7b8cc1de6d33"


def captured_call(
    app: ModuleType, proxy_event: dict[str, Any], *, called: str = "live"
) -> tuple[dict[str, Any], list[Part]]:
    """The answer, and the parts that this call logged."""
    app.printed.truncate(0)
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(proxy_event, context(called=called))
    lines = [line for line in app.printed.getvalue().splitlines() if '"event":"capture"' in line]
    return json.loads(answer["body"]), [capture.decode(line) for line in lines]


@pytest.fixture
def env(shelf: Store, published: Published) -> dict[str, str]:
    return shelf.released(published) | {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": KEY}


def test_a_captured_request_can_be_joined_with_its_answer(
    load_app: Load, env: dict[str, str], published: Published
) -> None:
    body, [part] = captured_call(load_app(env), event("predict"))
    for place, prediction in enumerate(body["predictions"]):
        assert prediction["id"] == capture.prediction_id(part.request, part.first + place)
        assert part.labels
        assert prediction["label"] == part.labels[place]
        assert part.probabilities
        assert list(prediction["probabilities"].values()) == part.probabilities[place]
    assert (part.model, part.version, part.release, part.digest) == tuple(
        body[name] for name in ("model", "version", "release", "digest")
    )
    sent = event("predict")
    assert part.at == sent["requestContext"]["requestTimeEpoch"]
    assert part.caller == capture.pseudonym(sent["requestContext"]["identity"]["userArn"], KEY)
    instances = json.loads(sent["body"])["instances"]
    names = [field.name for field in published.manifest.signature.inputs]
    assert part.rows == [[instance.get(name) for name in names] for instance in instances]
    assert part.fields == (), "the signature has them"


def test_a_call_past_the_alias_is_not_captured_whatever_its_event_says(load_app: Load, env: dict[str, str]) -> None:
    """A tester invokes a release with a recorded event, which names a caller and a time long past."""
    body, parts = captured_call(load_app(env), event("predict"), called="7")
    assert body["predictions"]
    assert parts == []


def test_a_release_that_captures_does_not_start_without_the_key_of_pseudonyms(
    load_app: Load, env: dict[str, str]
) -> None:
    del env["FAIRLEAD_PSEUDONYM_KEY"]
    with pytest.raises(SettingsError, match="FAIRLEAD_PSEUDONYM_KEY is not set"):
        load_app(env)


def test_nothing_is_captured_without_a_capture_rate(load_app: Load, shelf: Store, published: Published) -> None:
    assert captured_call(load_app(shelf.released(published)), event("predict"))[1] == []


def test_dropped_fields_are_not_in_the_log(load_app: Load, env: dict[str, str]) -> None:
    app = load_app(env | {"FAIRLEAD_CAPTURE_DROP": "island, sex"})
    _, [part] = captured_call(app, event("predict"))
    assert not {"island", "sex"} & set(part.fields)
    assert len(part.fields) > 2
    assert "Dream" not in app.printed.getvalue()


def test_a_call_past_the_api_is_a_proof_and_not_traffic(load_app: Load, env: dict[str, str]) -> None:
    sent = event("predict")
    sent["requestContext"]["identity"]["userArn"] = None
    assert captured_call(load_app(env), sent)[1] == []


def test_a_refused_request_is_not_captured(load_app: Load, env: dict[str, str]) -> None:
    assert captured_call(load_app(env), event("predict", body='{"instances": [{"island": 7}]}'))[1] == []
