"""The age of a process includes the start of its interpreter."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairlead.serving.process_age import process_age

PACKAGE = Path(__file__).parents[3] / "layers/common/python"
CODE = "import time; time.sleep(0.1); from fairlead.serving.process_age import process_age; print(process_age())"


def test_a_process_s_age_counts_from_its_beginning_and_grows_by_the_clock() -> None:
    first, before = process_age(), time.monotonic()
    time.sleep(0.05)
    second, waited = process_age(), (time.monotonic() - before) * 1000
    assert first is not None
    assert second is not None
    assert 0 < first < second
    assert second - first == pytest.approx(waited, abs=20)


def test_a_new_process_s_age_holds_the_interpreter_s_own_start() -> None:
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    took = (time.monotonic() - before) * 1000
    assert 100 <= float(done.stdout) <= took + 20


def test_process_age_without_kernel_data_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", absent)
    assert process_age() is None
