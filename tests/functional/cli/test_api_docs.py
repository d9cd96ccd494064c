"""fairlead docs: the stored OpenAPI document as a page that opens offline, in a real browser."""

import json
import time
from pathlib import Path

import pytest
import typer

from fairlead.publishing.publish import Published
from fairlead_cli import openapi_page
from tests.browser import Browser
from tests.functional.command_line import fairlead, result
from tests.functional.conftest import Store


@pytest.fixture
def folder(shelf: Store, published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; penguins has a version."""
    for name, value in shelf.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_publish_stores_the_document(shelf: Store, published: Published) -> None:
    document = json.loads(shelf.registry.blob(published.manifest.blobs["openapi"]))

    assert document["info"] == {
        "title": "penguins",
        "version": "1",
        "description": "Predictions of penguins version 1.",
    }
    assert "/versions/1/predict" in document["paths"]
    assert document["components"]["schemas"]["Row"]["properties"]["body_mass_g"]["type"] == ["number", "null"]
    example = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert len(example["instances"]) == 1


def test_docs_writes_one_file_into_this_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)

    done = fairlead("docs", "penguins", 1, "--open")

    assert (done.exit_code, done.stdout.strip()) == (0, "penguins-1-api.html"), done.stderr
    assert opened == [(folder / "penguins-1-api.html").as_uri()]
    assert result("docs", "penguins", 1, "--output", "api.html")["file"] == "api.html"
    assert (folder / "api.html").read_bytes() == (folder / "penguins-1-api.html").read_bytes()


def test_docs_without_the_assets_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi_page, "PACKAGE", "no_such_package")

    done = fairlead("docs", "penguins", 1)

    assert (done.exit_code, "pip install 'fairlead[docs]'" in done.stderr) == (2, True)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_shows_routes_fields_and_examples_and_loads_nothing(
    folder: Path, chromium: Browser, width: int
) -> None:
    fairlead("docs", "penguins", 1)
    path = folder / "penguins-1-api.html"

    chromium.open(path, width=width)
    text = rendered(chromium)

    assert [one for one in chromium.requests() if not one.startswith("data:")] == [path.as_uri()]
    assert chromium.complaints() == []
    assert "Predict rows with version 1" in text
    for route in ("/predict", "/model", "/health", "/versions/1/predict"):
        assert route in text
    assert chromium.run("document.documentElement.scrollWidth") <= width

    chromium.run("document.querySelector('#operations-predict-predict button').click()")
    text = rendered(chromium, '"probabilities"')
    assert '"island"' in text
    assert '"probabilities"' in text
    assert "Resolver error" not in text
    for status in ("200", "403", "422", "503"):
        assert status in text
    assert "Try it out" not in text
    assert "Authorize" not in text
    assert chromium.run("document.documentElement.scrollWidth") <= width


def rendered(chromium: Browser, awaited: str = "/health") -> str:
    """Return the page's text once it has the awaited one."""
    ends = time.monotonic() + 30
    while awaited not in (text := str(chromium.run("document.body.innerText"))):
        assert time.monotonic() < ends, text
        time.sleep(0.1)
    return text


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_hostile_names_stay_text(tmp_path: Path, chromium: Browser) -> None:
    evil = "</script><img src=x onerror=document.title='owned'>"
    operation = {"summary": evil, "description": evil, "responses": {"200": {"description": evil}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": evil, "version": "1", "description": evil},
        "paths": {"/predict": {"post": operation}},
    }
    path = tmp_path / "evil.html"
    path.write_text(openapi_page.page(json.dumps(document).encode(), openapi_page.assets()))

    chromium.open(path)
    rendered(chromium, "/predict")

    assert str(chromium.run("document.title")).endswith("version 1: API")
    assert all(not one.startswith("http") for one in chromium.requests())
