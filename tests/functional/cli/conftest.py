"""An account, and an API on loopback. Model files that many commands open are opened once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.publishing.estimator_files.closed_process import Opened, open_file
from fairlead.publishing.input import model_file
from tests.functional.loopback_api import Script, serving

OPENED: dict[tuple[str, bytes, bytes], Opened] = {}
"""Equal bytes under one name have one data form."""


@pytest.fixture(autouse=True)
def _opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_once(path: Path, code: bytes) -> Opened:
        file = path.name, path.read_bytes(), code
        if file not in OPENED:
            OPENED[file] = open_file(path, code)
        return OPENED[file]

    monkeypatch.setattr(model_file, "open_file", open_once)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def api(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """An API that knows a classifier of x, plan and zone, and answers yes."""
    with serving() as script:
        monkeypatch.setenv("FAIRLEAD_API_URL", script.url)
        identity = {"model": "churn", "version": 3, "digest": "sha256:" + "a" * 64, "release": "14"}

        def answer(body: bytes) -> dict[str, Any]:
            yes = {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}}
            return identity | {"predictions": [{"id": "1", **yes} for _ in json.loads(body)["instances"]]}

        inputs = [
            {"name": "x", "kind": "number", "nullable": True},
            {"name": "zone", "kind": "category", "categories": [1, 2]},
            {"name": "plan", "kind": "category", "categories": ["basic", "plus"]},
        ]
        output = {"task": "classification", "target": "y", "classes": ["no", "yes"], "probabilities": True}
        signature = {"inputs": inputs, "output": output, "layout": "frame"}
        script.answers = {
            "/model": (200, identity | {"signature": signature, "most_rows": 2}),
            "/versions/3/predict": (200, answer),
        }
        yield script
