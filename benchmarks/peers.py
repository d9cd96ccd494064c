"""Fairlead beside vetiver, BentoML, MLflow and MLServer: the same estimators, rows and machine, in one run.

Each peer runs as its documentation starts it, in a locked environment of its own that `make compare` makes. Its CPU
time and memory are those of all its processes. Fairlead's are those of its process as Lambda runs it, where API Gateway
is the web server: its figures hold no HTTP server, the peers' do.
"""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import models, runtime
from benchmarks.options import parser
from benchmarks.processes import ask, cpu_seconds, free_port, megabytes, proportional, serving, wait
from testkit.lambda_context import event

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / "benchmarks/peer_programs"
SIZES = {1: 500, 100: 200}
"""The number of repetitions of a request, by its rows."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Peer:
    """Another server: its environment, its command, a request's path and body.

    `prepare` are programs of `peer_programs` that run before it, `files` what it reads; both are given a port.
    """

    name: str
    environment: str
    command: Callable[[int], list[str]]
    path: str
    body: Callable[[Sequence[Row]], Any]
    prepare: tuple[tuple[str, ...], ...] = ()
    files: Callable[[int], Mapping[str, Any]] = lambda _: {}

    @property
    def python(self) -> Path:
        return ROOT / self.environment / "bin/python"


@dataclass(frozen=True)
class Measured:
    """CPU seconds until the first answer, memory after it in 10^6 bytes, CPU milliseconds of a request by its rows.

    `probes` are what a caller of a wrong row gets, by what is wrong.
    """

    start: float
    memory: float
    requests: dict[int, float]
    probes: dict[str, str]


def _tensor(rows: Sequence[Row]) -> Any:
    values = [list(row.values()) for row in rows]
    tensor = {"name": "predict", "shape": [len(rows), len(values[0])], "datatype": "FP64", "data": values}
    return {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}


def _mlserver_settings(port: int) -> Mapping[str, Any]:
    model = {"name": "bench", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "model.joblib"}}
    server = {"parallel_workers": 0, "debug": False, "host": "127.0.0.1", "http_port": port, "grpc_port": free_port()}
    return {"settings.json": {**server, "metrics_endpoint": None}, "model-settings.json": model}


VETIVER = Peer(
    name="vetiver",
    environment=".venv-peers",
    command=lambda port: ["python", "vetiver_server.py", str(port)],
    path="/predict",
    body=list,
)
BENTOML = Peer(
    name="BentoML",
    environment=".venv-peers",
    command=lambda port: ["bentoml", "serve", "bento_service:Bench", "--port", str(port), "--host", "127.0.0.1"],
    path="/predict",
    body=lambda rows: {"rows": list(rows)},
)
MLFLOW = Peer(
    name="MLflow",
    environment=".venv-peers",
    command=lambda port: ["mlflow", "models", "serve", "-m", "model", "--env-manager", "local", "-p", str(port)],
    path="/invocations",
    body=lambda rows: {"dataframe_records": list(rows)},
    prepare=(("mlflow_save.py",),),
)
MLSERVER = Peer(
    name="MLServer",
    environment=".venv-mlserver",
    command=lambda _: ["mlserver", "start", "."],
    path="/v2/models/bench/infer",
    body=_tensor,
    files=_mlserver_settings,
)
PEERS = (VETIVER, BENTOML, MLFLOW, MLSERVER)
PROBES: dict[str, Callable[[dict[str, Any]], Row]] = {
    "text where a number belongs": lambda row: {**row, "mean radius": "long"},
    "a field is left out": lambda row: {name: value for name, value in row.items() if name != "mean radius"},
    "a field is misspelt": lambda row: {name.replace("mean radius", "mean raduis"): row[name] for name in row},
    "null where a number belongs": lambda row: {**row, "mean radius": None},
}


def measure(peer: Peer, case: models.Case, sizes: Mapping[int, int]) -> Measured | None:
    """Measure a peer; None if its environment is not made."""
    if not peer.python.exists():
        return None
    with tempfile.TemporaryDirectory() as made:
        folder, port = Path(made), free_port()
        env = _prepare(peer, case.name, folder, port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with serving(peer.command(port), folder, env) as root:
            wait(connection, peer.path, _body(peer, case.instances[:1]), folder / "log")
            start, memory = cpu_seconds(root), megabytes(root)
            requests = {
                rows: _milliseconds(peer, connection, root, _body(peer, case.instances[:rows]), repeats)
                for rows, repeats in sizes.items()
            }
            probes = {
                name: _probed(port, peer.path, _body(peer, [wrong(case.instances[0])]))
                for name, wrong in PROBES.items()
            }
    return Measured(start, memory, requests, probes)


def _prepare(peer: Peer, model: str, folder: Path, port: int) -> dict[str, str]:
    """Fit the estimator and write what the peer reads; return the environment variables to run it with."""
    shutil.copytree(PROGRAMS, folder, dirs_exist_ok=True)
    for file, content in peer.files(port).items():
        (folder / file).write_text(json.dumps(content))
    env = {"PATH": f"{peer.python.parent}:{os.environ['PATH']}", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    env |= {"MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "true", "DO_NOT_TRACK": "1"}
    for program in (("fit.py", model), *peer.prepare):
        subprocess.run([peer.python, *program], cwd=folder, env=env, check=True, capture_output=True)
    return env


def _body(peer: Peer, rows: Sequence[Row]) -> bytes:
    return json.dumps(peer.body(rows)).encode()


def _milliseconds(peer: Peer, connection: http.client.HTTPConnection, root: int, body: bytes, repeats: int) -> float:
    for _ in range(repeats // 4):
        ask(connection, peer.path, body)
    before = cpu_seconds(root)
    for _ in range(repeats):
        status, text = ask(connection, peer.path, body)
        assert status == 200, text[:500]
    return (cpu_seconds(root) - before) / repeats * 1000


def _probed(port: int, path: str, body: bytes) -> str:
    try:
        return said(*ask(http.client.HTTPConnection("127.0.0.1", port, timeout=60), path, body))
    except (OSError, http.client.HTTPException):
        return "the connection is closed"


def said(status: int, text: str) -> str:
    """Return a caller's answer in words."""
    if status == 200:
        return "200, a prediction"
    return f"{status}, {'the field is named' if 'mean ra' in text else 'no field is named'}"


def measure_fairlead(case: models.Case, sizes: Mapping[int, int]) -> Measured:
    """Measure Fairlead's process as Lambda runs it."""
    with runtime.running(case) as (api, process):
        runtime.ask(api, _event(case.instances[:1]))
        start, memory = runtime.cpu_seconds(process.pid), proportional(process.pid)
        probes = {
            name: said(*runtime.answer(api, _event([wrong(case.instances[0])]))) for name, wrong in PROBES.items()
        }
    requests = {rows: runtime.measure(case, rows, repeats, 1).cpu for rows, repeats in sizes.items()}
    return Measured(start, memory, requests, probes)


def _event(rows: Sequence[Row]) -> bytes:
    return json.dumps(event("predict", body=json.dumps({"instances": list(rows)}))).encode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of docs/explanation/compared.md; needs `make build`."""
    smallest = parser(__doc__).parse_args(arguments).smallest
    sizes = dict.fromkeys(SIZES, 10) if smallest else SIZES
    probes: dict[str, dict[str, str]] = {}
    print(
        "| model | server | CPU ms, 1 row | CPU ms, 100 rows | start, CPU s | memory, MB |\n|---|---|--:|--:|--:|--:|"
    )
    for name in list(models.ESTIMATORS)[: 1 if smallest else None]:
        case = models.case(name)
        found = {"Fairlead": measure_fairlead(case, sizes)} | {peer.name: measure(peer, case, sizes) for peer in PEERS}
        for server, one in found.items():
            print(f"| {name} | {server} | {_figures(one)} |", flush=True)
        probes = {server: one.probes for server, one in found.items() if one}
    print(f"\n| a row in which | {' | '.join(probes)} |\n|---|{'---|' * len(probes)}")
    for wrong in PROBES:
        print(f"| {wrong} | {' | '.join(one[wrong] for one in probes.values())} |")


def _figures(one: Measured | None) -> str:
    if one is None:
        return " | ".join(["not measured"] * 4)
    requests = " | ".join(f"{ms:.2f}" for ms in one.requests.values())
    return f"{requests} | {one.start:.2f} | {one.memory:.0f}"


if __name__ == "__main__":
    main()
