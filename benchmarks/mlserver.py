"""Measures MLServer 1.7.1 with the same estimators, in a process and an environment of its own (.venv-mlserver).

MLServer needs Python up to 3.12. Where its environment is not made, the figures are "not measured".
"""

import contextlib
import http.client
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import models
from benchmarks.options import parser
from benchmarks.runtime import cpu_seconds

PYTHON = Path(__file__).parents[1] / ".venv-mlserver/bin/python"
START = 600
"""Seconds that the server may take to start."""
FIT = """
import sys, joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = load_breast_cancer(return_X_y=True)
X, _, y, _ = train_test_split(X, y, random_state=0)
made = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest of 100 trees": lambda: RandomForestClassifier(100, random_state=0),
}
joblib.dump(made[sys.argv[1]]().fit(X, y), sys.argv[2])
"""
"""The estimators of `benchmarks.models`, fitted by that environment's own scikit-learn."""


def measure(case: models.Case, rows: int, repeats: int, rounds: int) -> float | None:
    """Return the server's mean CPU milliseconds a request; None without its environment."""
    if not PYTHON.exists():
        return None
    values = [list(row.values()) for row in case.instances[:rows]]
    tensor = {"name": "predict", "shape": [rows, len(values[0])], "datatype": "FP64"}
    document = {"inputs": [{**tensor, "data": values}], "outputs": [{"name": "predict_proba"}]}
    body = json.dumps(document).encode()
    with running(case.name) as (pid, port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(repeats):
            ask(connection, body)
        warm = cpu_seconds(pid)
        for _ in range(repeats * rounds):
            ask(connection, body)
        return (cpu_seconds(pid) - warm) / (repeats * rounds) * 1000


@contextlib.contextmanager
def running(name: str) -> Iterator[tuple[int, int]]:
    """Run a server with one model in its own process; yields the process id and the port."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w") as log:
        model = Path(folder, "model.joblib")
        subprocess.run([PYTHON, "-c", FIT, name, model], check=True)
        http_port, grpc_port = _free_ports()
        server = {"parallel_workers": 0, "debug": False, "host": "127.0.0.1", "http_port": http_port}
        Path(folder, "settings.json").write_text(
            json.dumps({**server, "grpc_port": grpc_port, "metrics_endpoint": None})
        )
        Path(folder, "model-settings.json").write_text(
            json.dumps(
                {
                    "name": "bench",
                    "implementation": "mlserver_sklearn.SKLearnModel",
                    "parameters": {"uri": str(model)},
                }
            )
        )
        process = subprocess.Popen(
            [PYTHON.parent / "mlserver", "start", folder], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(http_port, process, Path(folder, "log"))
            yield process.pid, http_port
        finally:
            process.kill()
            process.wait()


def ask(connection: http.client.HTTPConnection, body: bytes) -> None:
    """One request, answered 200."""
    connection.request("POST", "/v2/models/bench/infer", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text[:300]


def _free_ports() -> list[int]:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        return [first.getsockname()[1], second.getsockname()[1]]


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            connection.request("GET", "/v2/models/bench/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.5)
    raise TimeoutError(f"MLServer did not start: {log.read_text()[-500:]}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    smallest = parser(__doc__).parse_args(arguments).smallest
    print("| model | rows | MLServer CPU ms |\n|---|--:|--:|")
    for name in list(models.ESTIMATORS)[: 1 if smallest else None]:
        for rows in (1,) if smallest else (1, 100):
            found = measure(models.case(name), rows, *((1, 1) if smallest else (100, 5)))
            print(f"| {name} | {rows} | {'not measured' if found is None else f'{found:.2f}'} |", flush=True)


if __name__ == "__main__":
    main()
