"""A job whose processes are killed (SIGKILL): nothing is lost or counted twice, and no process is left."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.functional.batch.conftest import Write, numbers
from tests.functional.command_line import result

pytestmark = pytest.mark.usefixtures("environment", "linear", "inputs")
FILES, ROWS = 12, 3_000


@pytest.fixture
def inputs(write: Write) -> None:
    for number in range(FILES):
        write(f"{number:02}.csv", numbers(ROWS, seed=number))


def arguments(folder: Path, output: str) -> list[str]:
    return ["linear@1", "--input", f"{folder}/in/*.csv", "--output", f"{folder}/{output}", "--local", "2"]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = Path(sys.executable).with_name("fairlead")
    process = subprocess.Popen(
        [command, "batch", *arguments(tmp_path, "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    yield process
    process.kill()
    process.communicate()


def files(folder: Path, kind: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob(f"{kind}/*") if not path.name.startswith(".")}


def wait_until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 240
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def workers(parent: int) -> list[int]:
    """The processes of a command's pool."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            facts = (path / "stat").read_text().rpartition(")")[2].split()
            if int(facts[1]) == parent and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_killed_job_is_continued_and_gives_the_results_of_an_unbroken_one(
    run: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    wait_until(lambda: len(files(tmp_path / "out", "records")) > 1)
    pool = workers(run.pid)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_until(lambda: all(map(is_gone, pool)))
    done = files(tmp_path / "out", "records")
    assert not list(tmp_path.rglob("manifest.json"))

    summary = result("batch", *arguments(tmp_path, "out"))
    unbroken = result("batch", *arguments(tmp_path, "whole"))

    assert len(done) < FILES
    assert summary["rows"] == summary["answered"] == FILES * ROWS
    assert summary["job"] == unbroken["job"]
    assert files(tmp_path / "out", "results") == files(tmp_path / "whole", "results")
    assert done.items() <= files(tmp_path / "out", "records").items()


def test_a_job_continues_when_a_process_of_its_pool_is_killed(run: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    wait_until(lambda: len(files(tmp_path / "out", "records")) > 0)
    os.kill(workers(run.pid)[0], signal.SIGKILL)

    _, said = run.communicate()

    assert run.returncode == 0, said
    assert len(files(tmp_path / "out", "results")) == FILES
    assert list(tmp_path.rglob("manifest.json"))


def test_two_runs_of_one_job_at_once_write_each_result_once(run: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    summary = result("batch", *arguments(tmp_path, "out"))

    _, said = run.communicate()

    assert run.returncode == 0, said
    written = {name: hashlib.sha256(data).hexdigest() for name, data in files(tmp_path / "out", "results").items()}
    manifest = json.loads(Path(summary["results"], "manifest.json").read_bytes())
    assert {Path(one["result"]).name: one["sha256"] for one in manifest["results"]} == written
    assert manifest["rows"] == manifest["answered"] == FILES * ROWS
    assert not list(tmp_path.rglob(".*.part"))


def test_a_result_without_its_counts_is_counted_not_replaced(tmp_path: Path) -> None:
    first = result("batch", *arguments(tmp_path, "out"))
    record = next((tmp_path / "out").rglob("records/000003.json"))
    before = record.read_bytes()
    record.unlink()
    next((tmp_path / "out").rglob("manifest.json")).unlink()
    place = next((tmp_path / "out").rglob("results/000003.csv"))
    written = place.stat().st_mtime_ns

    assert result("batch", *arguments(tmp_path, "out")) == first
    assert (record.read_bytes(), place.stat().st_mtime_ns) == (before, written)
