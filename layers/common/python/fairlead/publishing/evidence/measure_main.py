"""The program of the fresh process: load the engine, answer rows, write the cost to standard output."""

import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from fairlead import engines
from fairlead.errors import one_line
from fairlead.gate.evidence import Budget
from fairlead.publishing.evidence.measure import Task

ENOUGH = 0.2  # CPU seconds for one figure, because some systems count CPU time in steps of ten milliseconds
LONGEST_WAIT = 20.0  # wall-clock seconds for one figure, on a busy machine


def main() -> None:
    """Measure one Task from standard input. Times are CPU time of this process, so a busy machine does not count."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    out, sys.stdout = sys.stdout, sys.stderr  # a library's prints must not mix with the result
    try:
        budget = _measured(task)
    except Exception as error:  # noqa: BLE001 - unpickling and predicting may raise anything
        budget = Budget(artifact_bytes=0, failure=one_line(error, named=True))
    out.buffer.write(msgspec.json.encode(budget))


def _measured(task: Task) -> Budget:
    rows = [tuple(row) for row in task.rows]
    code = Path(task.code).read_bytes() if task.code else b""
    engine = engines.load(task.spec, task.signature, Path(task.blob).read_bytes(), code)
    engine.answer(rows[:1])
    cold = time.process_time()  # since the process began
    hundred = (rows * (100 // len(rows) + 1))[:100]
    return Budget(
        artifact_bytes=0,
        cold_load_ms=cold * 1000,
        one_row_ms=_cost(engine, rows[:1]),
        hundred_rows_ms=_cost(engine, hundred),
        golden=None if task.golden is None else task.golden.agrees(engine.answer(task.golden.rows)),
        memory_bytes=_peak_memory(),
    )


def _cost(engine: engines.Engine, rows: list[tuple[Any, ...]]) -> float:
    """Return the mean CPU time of one batch in milliseconds; the batch is repeated until ENOUGH time is counted."""
    began, start = time.perf_counter(), time.process_time()
    calls, spent = 0, 0.0
    while spent < ENOUGH and time.perf_counter() - began < LONGEST_WAIT:
        for _ in range(max(1, calls)):
            engine.answer(rows)
        calls += max(1, calls)
        spent = time.process_time() - start
    return spent / calls * 1000


def _peak_memory() -> int:
    """Return the peak resident memory of this process in bytes.

    getrusage would count the publisher too: on Linux a process keeps the peak of its parent through fork and exec.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * 1024  # macOS counts bytes, others kilobytes
