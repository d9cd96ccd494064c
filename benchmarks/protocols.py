"""Measures one request of every protocol beside the floor: the same rows, the same model, the handler in process."""

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import models, warm
from benchmarks.options import parser
from testkit.lambda_context import context, event

ROWS = 100
BINARY_ROWS = 1000


def requests(case: models.Case, rows: int) -> dict[str, dict[str, Any]]:
    """The proxy events that ask for the same rows, by protocol."""
    instances = (case.instances * (rows // len(case.instances) + 1))[:rows]
    names = list(instances[0])
    matrix = [list(row.values()) for row in instances]
    tensor = {"name": "input", "shape": [rows, len(names)], "datatype": "FP64"}
    lines = io.StringIO()
    csv.writer(lines).writerows([names, *matrix])
    split = {"dataframe_split": {"columns": names, "data": matrix}}
    by_name = {"pathParameters": {"model": case.published.manifest.model}}
    return {
        "native": event("predict", body=json.dumps({"instances": instances})),
        "OIP JSON": event("infer", body=json.dumps({"inputs": [{**tensor, "data": matrix}]}), **by_name),
        "OIP binary": binary(case, np.array(matrix)),
        "/invocations JSON split": event("invocations", body=json.dumps(split)),
        "/invocations JSON records": event("invocations", body=json.dumps({"dataframe_records": instances})),
        "/invocations CSV": event("invocations_csv", body=lines.getvalue()),
    }


def binary(case: models.Case, matrix: "np.ndarray[Any, Any]") -> dict[str, Any]:
    """An inference request with one binary tensor, which asks for binary outputs."""
    data = matrix.astype("<f8").tobytes()
    tensor = {"name": "input", "shape": list(matrix.shape), "datatype": "FP64"}
    document = {
        "inputs": [{**tensor, "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True},
    }
    text = json.dumps(document).encode()
    kind = "application/octet-stream"
    headers = {"Content-Type": kind, "Accept": kind, "Inference-Header-Content-Length": str(len(text))}
    return event(
        "infer_binary",
        body=base64.b64encode(text + data).decode(),
        headers=headers,
        pathParameters={"model": case.published.manifest.model},
    )


def ways(case: models.Case, events: dict[str, dict[str, Any]]) -> dict[str, Callable[[], Any]]:
    """The handler with each event."""
    app, lambda_context = warm.loaded(case), context()

    def asked(proxy_event: dict[str, Any]) -> Callable[[], Any]:
        def answer() -> Any:
            with warm.unseen():
                return app.handler(proxy_event, lambda_context)

        assert answer()["statusCode"] == 200
        return answer

    return {name: asked(proxy_event) for name, proxy_event in events.items()}


def binary_floor(case: models.Case, matrix: "np.ndarray[Any, Any]") -> Callable[[], Any]:
    """base64, one run of the graph, base64: the least that a service behind API Gateway needs for binary tensors."""
    session, tensor, outputs = warm.session(case)
    body = base64.b64encode(matrix.astype("<f8").tobytes()).decode()

    def answer() -> Any:
        X = np.frombuffer(base64.b64decode(body)).reshape(matrix.shape).astype(tensor.dtype)
        return base64.b64encode(b"".join(part.tobytes() for part in session.run(outputs, {tensor.name: X}))).decode()

    return answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    smallest = parser(__doc__).parse_args(arguments).smallest
    repeats, rounds = (1, 1) if smallest else (3, 30)
    print(f"CPU ms of {ROWS} rows by protocol, and × native:\n")
    print("| model | protocol | CPU ms | × native |\n|---|---|--:|--:|")
    for name in list(models.ESTIMATORS)[: 1 if smallest else None]:
        case = models.case(name)
        events = requests(case, ROWS)
        found = ways(case, events) | {"floor of native": warm.ways(case, ROWS)["floor"]}
        taken = warm.measure(found, repeats, rounds)
        for protocol, timing in taken.items():
            print(f"| {name} | {protocol} | {timing.cpu:.3f} | {timing.cpu / taken['native'].cpu:.1f} |", flush=True)
    print(f"\nOIP binary, {BINARY_ROWS:,} rows:\n")
    print("| model | handler CPU ms | floor CPU ms | × floor |\n|---|--:|--:|--:|")
    for name in list(models.ESTIMATORS)[: 1 if smallest else None]:
        case = models.case(name)
        matrix = np.resize(np.array([list(row.values()) for row in case.instances]), (BINARY_ROWS, 30))
        found = ways(case, {"handler": binary(case, matrix)}) | {"floor": binary_floor(case, matrix)}
        taken = warm.measure(found, repeats, rounds)
        handler, floor = taken["handler"].cpu, taken["floor"].cpu
        print(f"| {name} | {handler:.3f} | {floor:.3f} | {handler / floor:.1f} |", flush=True)


if __name__ == "__main__":
    main()
