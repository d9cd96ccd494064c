"""Every program of `benchmarks` still works: each is run at its smallest size."""

import importlib
import os
from pathlib import Path
from unittest import mock

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROGRAMS = sorted(path.stem for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text())
BUILT = frozenset({"__main__", "peers"})
"""Programs that measure what `make build` makes; tests/template runs them."""


@pytest.mark.parametrize("name", sorted({*PROGRAMS} - BUILT))
def test_a_benchmark_prints_its_table_at_its_smallest_size(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # some keep what they measured
    with mock.patch.dict(os.environ):
        importlib.import_module(f"benchmarks.{name}").main(["--smallest"])
    assert capsys.readouterr().out
    assert not (tmp_path / "docs").exists(), "the documentation shows figures of whole runs"
