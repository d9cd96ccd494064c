"""Measures one request through AWS's runtime client: the handler in its own process, as Lambda runs it.

The figure is the CPU time of that process; the wall time includes the loopback HTTP of the Runtime API on both sides.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.cold import BUILT, layers
from benchmarks.models import Case, loopback_s3
from benchmarks.warm import Timing
from fairlead_local.lambda_runtime import runtime_client
from fairlead_local.lambda_runtime.runtime_api import Invocation, RuntimeApi
from testkit.lambda_context import event

ARN = "arn:aws:lambda:us-east-1:123456789012:function:fairlead-predict:live"
ROUNDS = 10
TICKS = os.sysconf("SC_CLK_TCK")


EMPTY = """
ANSWER = {"statusCode": 200, "body": "", "isBase64Encoded": False, "multiValueHeaders": {}}
def handler(event, context):
    return ANSWER
"""
"""A handler that reads nothing and answers nothing: what it costs is the client's."""


def measure(case: Case, rows: int, repeats: int, rounds: int = ROUNDS, *, empty: bool = False) -> Timing:
    """Mean over rounds, in milliseconds a request; of a handler that does nothing where `empty`."""
    payload = json.dumps(event("predict", body=case.body(rows))).encode()
    with running(case, empty=empty) as (api, process):
        for _ in range(repeats):
            ask(api, payload)
        taken = []
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), cpu_seconds(process.pid)
            for _ in range(repeats):
                ask(api, payload)
            taken.append((cpu_seconds(process.pid) - cpu, time.perf_counter() - wall))
    cpu, wall = (float(np.mean(column)) / repeats * 1000 for column in zip(*taken, strict=True))
    return Timing(cpu, wall)


@contextlib.contextmanager
def running(case: Case, *, empty: bool = False) -> Iterator[tuple[RuntimeApi, "subprocess.Popen[bytes]"]]:
    """A warm process that waits for invocations."""
    api = RuntimeApi()
    with tempfile.TemporaryDirectory() as folder, loopback_s3(case.objects) as endpoint:
        task = Path(folder) if empty else BUILT / "PredictFunction"
        if empty:
            (task / "app.py").write_text(EMPTY)
        path = [task, *layers("CommonLayer", "OnnxLayer"), runtime_client.install(Path(folder))]
        named = {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_VERSION": "1"}
        process = subprocess.Popen(
            [sys.executable, "-S", "-s", "-B", "-m", "awslambdaric", "app.handler"],
            cwd=task,
            env={**case.env(endpoint), **named, "PYTHONPATH": os.pathsep.join(map(str, path))},
            stdout=subprocess.DEVNULL,
        )
        try:
            yield api, process
        finally:
            process.kill()
            process.wait()
            api.close()


def ask(api: RuntimeApi, payload: bytes) -> None:
    """One invocation, answered 200."""
    status, body = answer(api, payload)
    assert status == 200, body[:200]


def answer(api: RuntimeApi, payload: bytes) -> tuple[int, str]:
    """One invocation; return status and body."""
    invocation = Invocation("benchmark", ARN, payload, time.time() + 30)
    api.send(invocation)
    assert invocation.done.wait(30)
    document = json.loads(invocation.answer)
    return document["statusCode"], document["body"]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far; /proc counts in hundredths, hence many repeats."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
