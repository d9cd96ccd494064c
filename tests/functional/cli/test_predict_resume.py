"""`fairlead predict --resume`: a run that was stopped continues, and gives the file of an uninterrupted run."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairlead.publishing.input import pieces
from tests.functional.command_line import fairlead, result, rows
from tests.functional.loopback_api import Script

TABLE = "plan,x,zone,seen\n" + "".join(
    f"{'basic' if row % 3 else 'plus'},{row * 0.1 if row % 4 else ''},{1 + row % 2},{'True' if row % 5 else ''}\n"
    for row in range(23)
)
ENDINGS = [".csv", ".csv.gz", ".jsonl", ".parquet"]
PATIENCE = 120
"""Seconds; a busy machine needs most of a minute to start a process."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_ROWS", 5)


@pytest.fixture
def api(api: Script) -> Script:
    """Predictions follow from the rows alone, so that two runs give the same file."""
    answer = api.answers["/versions/3/predict"][1]

    def by_row(body: bytes) -> dict[str, Any]:
        sent = json.loads(body)["instances"]
        shares = [{"no": 1 - share, "yes": share} for share in ((row["x"] or 0.7) / 7 for row in sent)]
        found = [
            {"id": f"r-{row['x']}", "label": "yes", "probabilities": one} for row, one in zip(sent, shares, strict=True)
        ]
        document: dict[str, Any] = answer(body) | {"predictions": found}
        return document

    api.answers["/versions/3/predict"] = (200, by_row)
    api.answers["/versions/3"] = api.answers["/model"]
    return api


@pytest.fixture(params=ENDINGS)
def files(request: pytest.FixtureRequest, api: Script, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return the input, the output of an unbroken run, and a path for another run's output."""
    table, whole = rows(tmp_path, TABLE), tmp_path / f"whole{request.param}"
    fairlead("predict", "churn", "--data", table, "--output", whole)
    assert whole.is_file()
    return table, whole, tmp_path / f"out{request.param}"


def stopped_after(api: Script, table: Path, output: Path, batches: int) -> None:
    """Run until the endpoint fails, after so many batches of two rows."""
    status, answer = api.answers["/versions/3/predict"]

    def fails(body: bytes) -> Any:
        first = max(row["x"] or 0 for row in json.loads(body)["instances"]) < 0.2 * batches
        return answer(body) if first else {}

    api.answers["/versions/3/predict"] = (200, fails)
    done = fairlead("predict", "churn", "--data", table, "--output", output)
    api.answers["/versions/3/predict"] = (status, answer)
    assert done.exit_code == 5
    assert not output.exists()


@pytest.mark.parametrize("batches", [1, 4, 11])
def test_a_resumed_run_gives_the_file_of_an_unbroken_run(
    api: Script, files: tuple[Path, Path, Path], batches: int
) -> None:
    table, whole, output = files
    stopped_after(api, table, output, batches)
    api.received.clear()

    summary = result("predict", "churn", "--data", table, "--output", output, "--resume")

    assert output.read_bytes() == whole.read_bytes()
    assert (summary["resumed_at"], summary["rows"]) == (2 * batches, 23)
    assert sum(len(body["instances"]) for body in api.received["/versions/3/predict"]) == 23 - 2 * batches
    assert sorted(file.name for file in output.parent.iterdir()) == sorted([output.name, table.name, whole.name])


def test_a_killed_run_is_resumed(api: Script, files: tuple[Path, Path, Path]) -> None:
    """SIGKILL, while requests run and rows are written."""
    table, whole, output = files
    answer, going = api.answers["/versions/3/predict"][1], threading.Event()
    api.answers["/versions/3/predict"] = (200, lambda body: slowed(answer, body, going))
    run = started_process(table, output)
    facts = output.with_name(f".{output.name}.part.json")
    try:
        wait_until(lambda: facts.exists() and json.loads(facts.read_bytes())["rows"] > 3)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        going.set()
    assert not output.exists()
    with output.with_name(f".{output.name}.part").open("ab") as part:
        part.write(b"torn")  # a block that the facts do not count

    summary = result("predict", "churn", "--data", table, "--output", output, "--resume")

    assert summary["resumed_at"] > 3
    assert output.read_bytes() == whole.read_bytes()


def started_process(table: Path, output: Path) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("fairlead")
    return subprocess.Popen(
        [command, "predict", "churn", "--data", table, "--output", output],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def slowed(answer: Callable[[bytes], Any], body: bytes, going: threading.Event) -> Any:
    going.wait(0.1)
    return answer(body)


def wait_until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_resume_of_a_changed_input_is_refused(api: Script, tmp_path: Path) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    stopped_after(api, table, output, 4)
    table.write_text(TABLE.replace("plus", "basic", 1))

    done = fairlead("predict", "churn", "--data", table, "--output", output, "--resume")

    assert done.exit_code == 2
    assert "rows.csv is not the file that the unfinished run read" in done.stderr
    assert "without --resume" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", 9], "had no limit, not 9"),
        (["--version", 2], "had version 3, not 2"),
    ],
)
def test_resume_with_other_options_is_refused(api: Script, tmp_path: Path, options: list[Any], said: str) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    stopped_after(api, table, output, 4)
    described = api.answers["/versions/3"][1]
    api.answers["/versions/2"] = (200, described | {"version": 2})

    done = fairlead("predict", "churn", "--data", table, "--output", output, "--resume", *options)

    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_a_resumed_run_stays_with_its_version_after_a_release(api: Script, tmp_path: Path) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    stopped_after(api, table, output, 4)
    described = api.answers["/model"][1]
    api.answers["/model"] = (200, described | {"version": 4, "digest": "sha256:" + "b" * 64})

    assert result("predict", "churn", "--data", table, "--output", output, "--resume")["version"] == 3


def test_resume_where_the_version_has_another_digest_is_refused(api: Script, tmp_path: Path) -> None:
    """Another stack has a version 3 too."""
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    stopped_after(api, table, output, 4)
    api.answers["/versions/3"] = (200, api.answers["/model"][1] | {"digest": "sha256:" + "b" * 64})

    done = fairlead("predict", "churn", "--data", table, "--output", output, "--resume")

    assert done.exit_code == 2
    assert "version 3 is not the one that the unfinished run used" in done.stderr


def test_a_run_without_resume_starts_at_the_first_row(api: Script, tmp_path: Path) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    stopped_after(api, table, output, 4)

    assert result("predict", "churn", "--data", table, "--output", output)["resumed_at"] == 0
    assert len(output.read_text().splitlines()) == 24


def test_resume_without_an_unfinished_run_starts_at_the_first_row(api: Script, tmp_path: Path) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"

    done = fairlead("predict", "churn", "--data", table, "--output", output, "--resume")

    assert (done.exit_code, "has no unfinished run" in done.stderr) == (0, True)


def test_resume_without_output_is_refused(api: Script, tmp_path: Path) -> None:
    done = fairlead("predict", "churn", "--data", rows(tmp_path, TABLE), "--resume")

    assert (done.exit_code, "--output" in done.stderr) == (2, True)


def test_a_second_run_to_the_same_file_is_refused(api: Script, tmp_path: Path) -> None:
    table, output = rows(tmp_path, TABLE), tmp_path / "out.csv"
    answer, started, going = api.answers["/versions/3/predict"][1], threading.Event(), threading.Event()

    def waiting(body: bytes) -> Any:
        started.set()
        going.wait(PATIENCE)
        return answer(body)

    api.answers["/versions/3/predict"] = (200, waiting)
    run = started_process(table, output)
    try:
        assert started.wait(PATIENCE)
        second = fairlead("predict", "churn", "--data", table, "--output", output)
    finally:
        going.set()
        assert run.wait(PATIENCE) == 0

    assert (second.exit_code, "another run writes" in second.stderr) == (2, True), second.stderr
    assert len(output.read_text().splitlines()) == 24
