"""What the fresh process runs: load the engine, answer, and say on standard output what that took."""

import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from fairlead import engines
from fairlead.gate.evidence import Budget
from fairlead.publishing.evidence.measure import Task

ENOUGH = 0.2  # CPU seconds for one kind of question: some systems count CPU time in steps of ten milliseconds
LONGEST_WAIT = 20.0  # seconds that pass meanwhile, on a machine that is busy


def main() -> None:
    """Do one Task from standard input. Costs are CPU time of this process: what else the machine does is not its."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    out, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints must not spoil the answer
    try:
        budget = _measured(task)
    except Exception as error:  # noqa: BLE001 - unpickling and predicting may raise anything
        budget = Budget(artifact_bytes=0, failure=f"{type(error).__name__}: {' '.join(str(error).split())}"[:300])
    out.buffer.write(msgspec.json.encode(budget))


def _measured(task: Task) -> Budget:
    rows = [tuple(row) for row in task.rows]
    engine = engines.load(task.spec, task.signature, Path(task.blob).read_bytes())
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
    """Mean milliseconds of CPU time of one question, asked again until there is enough to count."""
    began, start = time.perf_counter(), time.process_time()
    asked, spent = 0, 0.0
    while spent < ENOUGH and time.perf_counter() - began < LONGEST_WAIT:
        for _ in range(max(1, asked)):
            engine.answer(rows)
        asked += max(1, asked)
        spent = time.process_time() - start
    return spent / asked * 1000


def _peak_memory() -> int:
    """Peak resident bytes of this program alone.

    getrusage would count the publisher too: Linux hands the peak of the process that forked down through exec.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * 1024  # macOS counts bytes, others kilobytes
