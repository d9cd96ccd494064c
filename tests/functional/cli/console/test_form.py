"""The console's form that sends a row: what is typed, what is sent, what is shown."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from fairlead.model.signature import Field
from fairlead.settings import Operator
from fairlead_cli.console.pages import api
from tests.functional.cli.console.consoles import HOSTILE, TOKEN, Asked, running, said
from tests.functional.conftest import Store
from tests.functional.loopback_api import Script, serving

ROW = {"island": "Dream", "bill_length_mm": "39.1", "sex": "", "year": "2007"}


@pytest.fixture
def scripted(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """An API of penguins that answers by script; the console's own stack is at its address."""
    manifest, digest = store.registry.manifest("penguins", 1)
    described = {"model": "penguins", "version": 1, "digest": f"sha256:{digest}", "most_rows": 10}
    with serving() as script:
        script.answers["/versions/1"] = (200, described | {"signature": msgspec.to_builtins(manifest.signature)})
        yield script


@pytest.fixture
def trying(name: str, scripted: Script) -> Iterator[Asked]:
    with running(Operator(stack=name, api_url=scripted.url)) as found:
        yield found


def form(store: Store, **more: str) -> dict[str, str]:
    """Return the form's fields for ROW."""
    manifest, _ = store.registry.manifest("penguins", 1)
    return {f"input-{at}": ROW.get(field.name, "") for at, field in enumerate(manifest.signature.inputs)} | more


def test_the_form_is_filled_with_the_example_and_the_document_is_in_a_sandbox(console: Asked, model: str) -> None:
    page = console.page(f"{model}/versions/1/api")
    status, document, headers = console.ask(f"/{TOKEN}/{model}/versions/1/api.html")

    assert re.search(r'<label for="input-0">island', page)
    assert re.search(r'id="input-0"[^>]* value="\w+"|value="\w+"[^>]* id="input-0"', page)
    assert f'<iframe src="/{TOKEN}/{model}/versions/1/api.html"' in page
    assert (status, "SwaggerUIBundle" in document) == (200, True)
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]


def test_a_row_is_sent_as_its_kinds_and_the_answer_is_shown(
    trying: Asked, scripted: Script, store: Store, model: str
) -> None:
    prediction = {
        "id": "1-0",
        "label": HOSTILE,
        "probabilities": {"Adelie": 0.75, "Gentoo": 0.25},
        "explanation": {"contributions": {"year": 0.001, "island": -0.4}},
    }
    scripted.answers["/versions/1/predict"] = (200, {"release": "2", "predictions": [prediction]})

    status, body, _ = trying.post(f"{model}/versions/1/api", form(store, explain="on"))

    [sent] = scripted.received["/versions/1/predict"]
    row = sent["instances"][0]
    assert (status, sent["parameters"]) == (200, {"explain": True})
    assert (row["island"], row["bill_length_mm"], row["sex"], row["year"]) == ("Dream", 39.1, None, 2007)
    assert re.search(r"Release 2 answered in [\d.]+ ms", said(body))
    assert re.search(r"Adelie 0\.75 Gentoo 0\.25 input contribution island −0\.4 year 0\.001", said(body))
    assert HOSTILE not in body
    assert "39.1" in body


def test_a_wrong_value_is_named_beside_its_field(trying: Asked, scripted: Script, store: Store, model: str) -> None:
    wrong = {"row": 0, "field": "bill_length_mm", "expected": "a number", "got": '"long"'}
    problem = {"code": "invalid_instances", "detail": "row 0: wrong", "errors": [wrong], "hint": "look at it"}
    scripted.answers["/versions/1/predict"] = (422, problem)

    fields = {name: "long" if one == "39.1" else one for name, one in form(store).items()}
    status, body, _ = trying.post(f"{model}/versions/1/api", fields)

    assert scripted.received["/versions/1/predict"][0]["instances"][0]["bill_length_mm"] == "long"
    assert (status, "No answer" in said(body)) == (200, True)
    [identifier] = re.findall(r'<p class="wrong" id="([\w-]+)">expected a number, got "long"</p>', body)
    assert f'aria-describedby="{identifier}"' in body
    assert 'value="long"' in body


def test_an_api_of_another_model_is_not_asked(trying: Asked, scripted: Script, store: Store, model: str) -> None:
    scripted.answers["/versions/1"][1]["model"] = "churn"

    _, body, _ = trying.post(f"{model}/versions/1/api", form(store))

    assert "churn is live, not penguins" in said(body)
    assert "/versions/1/predict" not in scripted.received


def test_without_swagger_ui_the_page_says_what_to_install(
    console: Asked, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead_cli.openapi_page.PACKAGE", "no_such_package")

    page = console.page(f"{model}/versions/1/api")

    assert "pip install &#x27;fairlead[docs]&#x27;" in page or "pip install 'fairlead[docs]'" in page
    assert "<iframe" not in page
    assert "Sign and send" in page


@pytest.mark.parametrize(
    ("field", "typed", "sent"),
    [
        (Field(name="x", kind="number"), "1e3", 1000.0),
        (Field(name="x", kind="number"), "inf", "inf"),
        (Field(name="x", kind="number"), "", None),
        (Field(name="x", kind="integer"), "7", 7),
        (Field(name="x", kind="integer"), "7.5", 7.5),
        (Field(name="x", kind="boolean"), "true", True),
        (Field(name="x", kind="boolean"), "yes", "yes"),
        (Field(name="x", kind="category", categories=(1, 2)), "2", 2),
        (Field(name="x", kind="category", categories=("1", "2")), "2", "2"),
        (Field(name="x", kind="text"), "", ""),
        (Field(name="x", kind="text", nullable=True), "", None),
    ],
)
def test_what_is_typed_becomes_the_fields_kind_or_stays_as_it_is(field: Field, typed: str, sent: object) -> None:
    assert api.value(field, typed) == sent
    assert type(api.value(field, typed)) is type(sent)
