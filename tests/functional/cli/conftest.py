"""Model files that many commands open are opened once: equal bytes under one name have one data form."""

from pathlib import Path

import pytest

from fairlead.publishing.estimator_files.closed_process import Opened, open_file
from fairlead.publishing.input import model_file

OPENED: dict[tuple[str, bytes], Opened] = {}


@pytest.fixture(autouse=True)
def _opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_once(path: Path) -> Opened:
        file = path.name, path.read_bytes()
        if file not in OPENED:
            OPENED[file] = open_file(path)
        return OPENED[file]

    monkeypatch.setattr(model_file, "open_file", open_once)
