"""Measures one warm request: the whole handler, its lower bound, and a plain handler, interleaved in one process."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

from benchmarks.models import Case, loopback_s3
from testkit.lambda_context import context, event

ROUNDS = 30
SINK = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process


@dataclass(frozen=True)
class Timing:
    """Return the fastest round, in ms a request: other work on the machine only adds time (timeit's advice)."""

    cpu: float
    wall: float


def measure(ways: dict[str, Callable[[], Any]], repeats: int, rounds: int = ROUNDS) -> dict[str, Timing]:
    """Time each way in turn, round after round, so that other load affects all alike."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(repeats):
                way()
            taken[name].append(((time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats))
    return {name: Timing(*(min(column) * 1000 for column in zip(*rows, strict=True))) for name, rows in taken.items()}


def ways(case: Case, rows: int) -> dict[str, Callable[[], Any]]:
    """The three ways to answer the same proxy event."""
    proxy_event = event("predict", body=case.body(rows))
    return {
        "handler": _handler(case, proxy_event),
        "floor": _floor(case, proxy_event),
        "plain": _plain(case, proxy_event),
    }


def loaded(case: Case) -> ModuleType:
    """Import the function's module as a cold start of this case."""
    with loopback_s3(case.objects) as endpoint, unseen():
        os.environ.update(case.env(endpoint))
        sys.modules.pop("functions.predict.app", None)
        return importlib.import_module("functions.predict.app")


def unseen() -> AbstractContextManager[Any]:
    """Write lines, as in Lambda, but not to this terminal."""
    return redirect_stdout(SINK)


def _handler(case: Case, proxy_event: dict[str, Any]) -> Callable[[], Any]:
    app = loaded(case)
    lambda_context = context()

    def answer() -> Any:
        with unseen():
            return app.handler(proxy_event, lambda_context)

    assert answer()["statusCode"] == 200
    return answer


def session(case: Case) -> tuple[Any, Any, list[str]]:
    """Return the case's graph as an onnxruntime session, its input tensor, and the names of its outputs."""
    import onnxruntime

    manifest = case.published.manifest
    blob = case.objects.objects[f"blobs/sha256/{manifest.blobs['onnx'].sha256}"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    [tensor] = manifest.engine.inputs
    return onnxruntime.InferenceSession(blob, options), tensor, list(manifest.engine.outputs.values())


def _floor(case: Case, proxy_event: dict[str, Any]) -> Callable[[], Any]:
    """Decode, one run of the graph, encode: without anything else that a service needs."""
    graph, tensor, outputs = session(case)
    names = list(case.instances[0])
    row = msgspec.defstruct(
        "Row",
        [(f"f{i}", float) for i in range(len(names))],
        rename=dict(zip((f"f{i}" for i in range(len(names))), names, strict=True)),
    )
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(msgspec.defstruct("Body", [("instances", list[row])]))  # type: ignore[valid-type]

    def answer() -> Any:
        instances = decoder.decode(proxy_event["body"]).instances
        X = np.array([msgspec.structs.astuple(instance) for instance in instances], dtype=tensor.dtype)
        return msgspec.json.encode([result.tolist() for result in graph.run(outputs, {tensor.name: X})])

    return answer


def _plain(case: Case, proxy_event: dict[str, Any]) -> Callable[[], Any]:
    """json, numpy and predict_proba, as the tutorials write it."""

    def answer() -> Any:
        instances = json.loads(proxy_event["body"])["instances"]
        shares = case.estimator.predict_proba(np.array([list(instance.values()) for instance in instances]))
        return {"statusCode": 200, "body": json.dumps({"probabilities": shares.tolist()})}

    return answer
