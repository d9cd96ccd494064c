"""The remote runtime: a graph in the prove function gives the same version as a graph in this process."""

import io
import json
import math
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from fairlead.engines import Engine, load
from fairlead.errors import CallError, EngineError, IntegrityError
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.digest import sha256_of
from fairlead.model.signature import Signature
from fairlead.publishing.parity import remote_runtime
from fairlead.publishing.parity.choose_engine import Choice, choose_engine
from fairlead.publishing.parity.messages import EngineReply, GraphQuestion, pack, unpack
from fairlead.publishing.parity.remote_handler import GraphHandler
from fairlead.publishing.parity.remote_runtime import ProveFunction, RemoteRuntime
from fairlead.publishing.signature.infer import infer, to_rows
from fairlead.registry.store import Reading, Registry
from testkit.gate_cases import model, table
from testkit.memory import Memory

ROOT = Path(__file__).parents[3]


class Lambda:
    """A client of Lambda whose one function is prove, in this process; it keeps the sizes of what went through."""

    def __init__(self, registry: Registry) -> None:
        self._handler = GraphHandler(registry)
        self.sizes: list[tuple[int, int]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "prove"
        answered = json.dumps(self._handler.answer(json.loads(Payload))).encode()
        self.sizes.append((len(Payload), len(answered)))
        return {"StatusCode": 200, "Payload": io.BytesIO(answered)}


def sent(question: GraphQuestion) -> bytes:
    """Return the bytes that invoke the function."""
    return json.dumps(pack(question)).encode()


@pytest.fixture
def registry() -> Registry:
    return Registry(Memory())


@pytest.fixture
def client(registry: Registry) -> Lambda:
    return Lambda(registry)


@pytest.fixture
def runtime(client: Lambda, registry: Registry) -> RemoteRuntime:
    return RemoteRuntime(ProveFunction(client, "prove"), registry)


@cache
def candidate(name: str) -> tuple[Any, Signature, list[tuple[Any, ...]]]:
    """A fitted model with its signature and held-out rows."""
    training, held_out = table(name).split()
    estimator = model(name).fit(training.X, training.y)
    signature = infer(estimator, held_out.X, held_out.y, target="target", train=training.X)
    return estimator, signature, to_rows(signature, held_out.X)


@cache
def chosen_here(name: str) -> Choice:
    return choose_engine(*candidate(name))


@pytest.mark.parametrize("name", ["penguins", "diabetes"])
def test_the_same_engine_is_proved_with_the_same_figures(name: str, runtime: RemoteRuntime) -> None:
    here = chosen_here(name)

    there = choose_engine(*candidate(name), runtime=runtime)

    assert (there.engine, there.blob, there.parity) == (here.engine, here.blob, here.parity)
    rows = candidate(name)[2]
    assert there.serving.answer(rows) == here.serving.answer(rows)
    assert there.engine.name == "onnx"


def opened(runtime: RemoteRuntime, name: str = "penguins") -> Engine:
    here = chosen_here(name)
    return runtime.open(here.engine, here.signature, here.blob)


def test_infinities_and_whole_doubles_arrive_as_they_are(runtime: RemoteRuntime) -> None:
    rows = [tuple(math.inf if isinstance(value, float) else value for value in row) for row in candidate("diabetes")[2]]
    whole = [tuple(2.0 if isinstance(value, float) else value for value in row) for row in candidate("diabetes")[2]]
    here = chosen_here("diabetes").serving

    there = opened(runtime, "diabetes")

    assert there.answer(rows) == here.answer(rows)
    assert there.answer(whole) == here.answer(whole)


def test_many_rows_go_in_batches_that_lambda_takes(
    runtime: RemoteRuntime, client: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_runtime, "MOST_BYTES", 6_000)
    rows = candidate("penguins")[2] * 5
    engine = opened(runtime)

    answers = engine.answer(rows)

    assert answers == chosen_here("penguins").serving.answer(rows)
    assert len(client.sizes) > 4
    overhead = len(sent(GraphQuestion(blob=manifest.Blob("0" * 64, 9), spec=chosen_here("penguins").engine,
                                 signature=chosen_here("penguins").signature, rows=[])))  # fmt: skip
    assert max(question for question, _ in client.sizes) < 8_000 + overhead
    assert max(answered for _, answered in client.sizes) < 8_000


def test_a_graph_is_measured_where_it_will_serve(runtime: RemoteRuntime) -> None:
    here = chosen_here("penguins")

    budget = runtime.measure(here.engine, here.signature, here.blob, candidate("penguins")[2])

    assert budget.failure == ""
    assert budget.artifact_bytes == len(here.blob)
    assert budget.cold_load_ms > budget.one_row_ms > 0


def test_a_graph_that_does_not_load_is_an_engine_error_with_the_reason(runtime: RemoteRuntime) -> None:
    here = chosen_here("penguins")
    with pytest.raises(EngineError, match="graph cannot be read"):
        runtime.open(here.engine, here.signature, b"no graph")


def test_rows_the_graph_cannot_take_are_an_engine_error(runtime: RemoteRuntime) -> None:
    with pytest.raises(EngineError):
        opened(runtime).answer([("strange",)])


def test_an_estimator_is_never_opened_there(registry: Registry) -> None:
    put = registry.put_blob(b"a pickle")
    here = chosen_here("penguins")
    spec = manifest.Engine(name="sklearn", blob="estimator")
    question = GraphQuestion(blob=put, spec=spec, signature=here.signature, rows=[])

    answered = GraphHandler(registry).answer(pack(question))

    assert "never opened" in unpack(answered, EngineReply).failure


def test_a_blob_of_another_digest_is_refused_and_no_finding_about_the_model(
    registry: Registry, runtime: RemoteRuntime
) -> None:
    here = chosen_here("penguins")
    memory: Any = registry.objects
    opened(runtime)
    memory.objects[f"blobs/sha256/{sha256_of(here.blob)}"] = b"another"
    question = GraphQuestion(
        blob=manifest.Blob(sha256_of(here.blob), len(here.blob)),
        spec=here.engine,
        signature=here.signature,
        rows=[],
    )
    with pytest.raises(IntegrityError, match="holds 7 bytes"):
        GraphHandler(registry).answer(pack(question))


def test_a_graph_is_read_once_for_many_questions(registry: Registry) -> None:
    here, read = chosen_here("penguins"), []

    class Counting:
        def get(self, key: str) -> bytes:
            read.append(key)
            return registry.objects.get(key)

    blob = registry.put_blob(here.blob)
    handler = GraphHandler(Reading(Counting()))
    for row in candidate("penguins")[2][:5]:
        question = GraphQuestion(blob=blob, spec=here.engine, signature=here.signature, rows=[row])
        assert unpack(handler.answer(pack(question)), EngineReply).answers
    assert len(read) == 1


def test_a_function_that_fails_is_no_finding_about_the_model(registry: Registry) -> None:
    class Failing:
        def invoke(self, **_: Any) -> dict[str, Any]:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "timed out"}')}

    with pytest.raises(CallError, match="timed out"):
        choose_engine(*candidate("penguins"), runtime=RemoteRuntime(ProveFunction(Failing(), "prove"), registry))


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"packed": "no base64!"}', b'{"packed": "AAAA"}', b"[]"])
def test_a_malformed_reply_is_a_call_error(payload: bytes) -> None:
    class Malformed:
        def invoke(self, **_: Any) -> dict[str, Any]:
            return {"Payload": io.BytesIO(payload)}

    here = chosen_here("penguins")
    question = GraphQuestion(blob=manifest.Blob("0" * 64, 9), spec=here.engine, signature=here.signature, rows=[])
    with pytest.raises(CallError, match="is not"):
        ProveFunction(Malformed(), "prove")(question)


def test_answers_survive_the_way(registry: Registry) -> None:
    answers = Answers(labels=["a", 1, True, 1.5], probabilities=[[0.1, 1.0]], values=[math.inf], scores=[-0.0])
    reply = unpack(json.loads(json.dumps(pack(EngineReply(answers=answers)))), EngineReply)
    assert reply == EngineReply(answers=answers)
    assert [type(one) for one in reply.answers.labels or ()] == [str, int, bool, float]  # type: ignore[union-attr]


def test_the_prove_function_needs_nothing_that_is_not_in_its_layers(tmp_path: Path, registry: Registry) -> None:
    here = chosen_here("penguins")
    blob = registry.put_blob(here.blob)
    rows = candidate("penguins")[2]
    question = GraphQuestion(blob=blob, spec=here.engine, signature=here.signature, rows=rows)
    measured = msgspec.structs.replace(question, rows=rows[:2], measure=True)
    (tmp_path / blob.sha256).write_bytes(here.blob)
    program = f"""
import sys, json
from testkit.absent_packages import forbid
forbid("sklearn", "pandas", "scipy", "joblib", "onnx", "skl2onnx", "boto3", "pyarrow")
import functions.prove.app as app
class Files:
    def get(self, key): return open({str(tmp_path)!r} + "/" + key.rpartition("/")[2], "rb").read()
app.graphs._reading._readable = Files()
for line in sys.stdin:
    print(json.dumps(app.graphs.answer(json.loads(line))))
"""
    env = {
        "FAIRLEAD_BUCKET": "registry", "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "POWERTOOLS_SERVICE_NAME": "prove",
        "POWERTOOLS_METRICS_NAMESPACE": "Fairlead", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=b"\n".join([sent(question), sent(measured), b""]),
        capture_output=True, env=env, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    first, second = (unpack(json.loads(line), EngineReply) for line in done.stdout.splitlines())
    assert first.answers == load(here.engine, here.signature, here.blob).answer(rows)
    assert second.budget is not None
    assert second.budget.failure == ""
    assert np.isfinite(second.budget.cold_load_ms)
