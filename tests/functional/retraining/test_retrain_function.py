"""The retrain function as Lambda has it: nothing that serves can be imported, graphs are asked in another process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from fairlead import settings
from fairlead.aws.s3 import S3Objects
from fairlead.errors import SettingsError
from fairlead.journal.journal import Journal
from fairlead.publishing.publish import publish
from fairlead.registry.store import Registry
from fairlead.retraining import handler
from fairlead.retraining.handler import SCHEDULED, answer, hand_over, order_of
from fairlead.retraining.retrain import Retraining
from fairlead.retraining.types import RetrainingError
from testkit.ledger_table import create_table
from tests.production import TABLE, Production, champion, later

ROOT = Path(__file__).parents[3]
EVENT = json.loads((ROOT / "events/retrain.json").read_text())
SCHEDULE = json.loads((ROOT / "events/retrain-schedule.json").read_text())
ENVIRONMENT = {
    "FAIRLEAD_STACK": "fairlead",
    "FAIRLEAD_BUCKET": "registry",
    "FAIRLEAD_LEDGER": TABLE,
    "FAIRLEAD_PROVE": "fairlead-prove",
    "FAIRLEAD_RELEASE": "fairlead-release",
    "POWERTOOLS_SERVICE_NAME": "retrain",
    "POWERTOOLS_METRICS_NAMESPACE": "Fairlead",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}

PROVE = """
import json, sys
from testkit.absent_packages import forbid
forbid("sklearn", "pandas", "scipy", "joblib", "onnx", "skl2onnx", "boto3", "pyarrow")
from functions.prove.app import graphs
for line in sys.stdin:
    print(json.dumps(graphs.answer(json.loads(line))), flush=True)
"""
RETRAIN = """
import json, subprocess, sys
from testkit.absent_packages import forbid
forbid("onnxruntime", "pyarrow")
from fairlead.publishing.parity.messages import EngineReply, pack, unpack
from fairlead.publishing.parity.remote_runtime import ProveFunction
prove = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def ask(self, question):
    assert self._function == "fairlead-prove"
    prove.stdin.write(json.dumps(pack(question)).encode() + b"\\n")
    prove.stdin.flush()
    return unpack(json.loads(prove.stdout.readline()), EngineReply)
ProveFunction.__call__ = ask
from fairlead.retraining import handler as retrain_handler
retrain_handler.start = lambda client, function, event: print("HANDED" + json.dumps([function, event]))
from functions.retrain.app import handler
from testkit.lambda_context import context
print("ANSWER" + json.dumps(handler(json.loads(sys.argv[2]), context())))
"""


@pytest.fixture(scope="module")
def aws_here() -> Iterator[str]:
    """Empty S3 and DynamoDB on loopback; the server uses this process's stores, which other tests may have filled."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    for name in ("s3", "dynamodb"):
        get_backend(name).reset()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def production(aws_here: str, monkeypatch: pytest.MonkeyPatch) -> Production:
    here = {"AWS_ENDPOINT_URL": aws_here, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    for name, value in (here | dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")).items():
        monkeypatch.setenv(name, value)
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    s3.create_bucket(Bucket="registry")
    create_table(dynamodb, TABLE)
    registry = Registry(S3Objects(s3, "registry"))
    publish(**champion(), registry=registry)
    return Production(registry, dynamodb)


def run(event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The function's answer to an event, and its log."""
    done = subprocess.run(
        [sys.executable, "-c", RETRAIN, PROVE, json.dumps(event)],
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/common/python'}"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log, _, answer = done.stdout.partition("ANSWER")
    return json.loads(answer), log


def test_an_event_becomes_a_refusal_and_with_outcomes_a_version(production: Production) -> None:
    registry = production.registry

    refused, silent = run(EVENT)
    production.run(later(300), scored=True)
    made, log = run({**EVENT, "reason": "drift"})

    assert refused["result"] == "refused"
    assert refused["findings"] == ["labels: enough labelled rows 0, 0 of them held out"]
    assert [record.kind for record in Journal(registry.objects, "fairlead", folder="retrain").tail()] == ["decided"]
    assert (made["result"], made["version"], made["champion"], made["engine"]) == ("published", 2, 1, "onnx")
    manifest, _ = registry.manifest("penguins", 2)
    assert manifest.parity is not None
    assert ", retrained from version 1 because drift (" in manifest.created_by
    assert next(one for one in manifest.findings if one.finding == "cold load").verdict == "pass"
    assert "proving parity" in log
    assert "retraining ended" in log
    assert "HANDED" not in silent, "a refusal is no candidate"
    handed = {"model": "penguins", "version": 2, "digest": made["digest"], "reason": "drift"}
    assert f"HANDED{json.dumps(['fairlead-release', handed])}" in log


def here(**change: str) -> settings.Retraining:
    return settings.retraining(ENVIRONMENT | change)


def test_an_event_names_model_reason_and_time() -> None:
    order = order_of(EVENT, here(FAIRLEAD_TRUSTED_REPORTERS="arn:b, arn:a"), by="arn:function", request="r1")

    assert (order.model, order.why, order.by, order.key) == ("penguins", EVENT["reason"], "arn:function", "r1")
    assert order.now.isoformat() == EVENT["time"]
    assert order.since.days == 30
    assert (order.limits.trusted, order.limits.fewest) == (("arn:a", "arn:b"), 200)


def test_a_manual_retraining_records_operator_and_period() -> None:
    order = order_of({**EVENT, "by": "arn:ada", "since_days": 1.5}, here(), by="arn:function", request="r1")
    assert (order.by, order.since.total_seconds()) == ("arn:ada", 129_600)


def test_a_schedule_may_name_the_model_in_its_detail() -> None:
    order = order_of({**SCHEDULE, "detail": {"model": "churn"}}, here(), by="arn:function", request="r1")
    assert (order.model, order.why) == ("churn", SCHEDULED)
    assert order.now.isoformat() == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    "event", [{"time": "noon"}, {"time": "2026-11-20T12:00:00"}, {"since_days": "many"}, {"time": 5}]
)
def test_a_malformed_event_is_said_to_be_one(event: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        order_of({"model": "penguins", **event}, here(), by="arn:function", request="r1")


@pytest.mark.parametrize("name", ["FAIRLEAD_STACK", "FAIRLEAD_BUCKET", "FAIRLEAD_LEDGER", "FAIRLEAD_PROVE"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        here(**{name: ""})


@pytest.mark.parametrize("name", ["FAIRLEAD_RETRAIN_DAYS", "FAIRLEAD_FEWEST_OUTCOMES"])
def test_a_setting_that_is_no_number_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        here(**{name: "0"})


class Client:
    """Lambda's, which remembers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:
        self.sent.append((FunctionName, InvocationType, json.loads(Payload)))
        return {"ResponseMetadata": {"RequestId": "r9"}}


@pytest.mark.parametrize("result", ["published", "done before"])
def test_an_existing_version_is_handed_over_by_a_second_run(result: str) -> None:
    """The run that made it may have been killed before the hand-over."""
    client = Client()
    named = {"model": "penguins", "version": 2, "digest": "sha256:d"}

    hand_over(client, "fairlead-release", {"result": result, **named, "champion": 1, "reason": "drift"})

    assert client.sent == [("fairlead-release", "Event", {**named, "reason": "drift"})]


class Broken(Retraining):
    def __init__(self) -> None: ...

    def retrain(self, order: Any) -> Any:
        raise ConnectionError(order.model)


def test_error_other_than_a_refusal_is_raised_so_that_lambda_retries() -> None:
    with pytest.raises(ConnectionError):
        answer(EVENT, here(), Broken(), by="arn:function", request="r1")


def test_a_clock_that_ticks_before_any_release_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure would be retried, become a dead letter, and put an alarm into ALARM."""

    def nothing_live(_: Any) -> str:
        raise RetrainingError("stack fairlead has no live model")

    monkeypatch.setattr(handler, "live_model", nothing_live)

    answered = answer(SCHEDULE, here(), Broken(), by="arn:function", request="r1")

    assert (answered["result"], answered["why"]) == ("refused", "stack fairlead has no live model")


def test_a_refusal_is_an_answer() -> None:
    class Refusing(Retraining):
        def __init__(self) -> None: ...

        def retrain(self, order: Any) -> Any:
            raise RetrainingError(f"no labels for {order.model}", hint="wait")

    answered = answer(EVENT, here(), Refusing(), by="arn:function", request="r1")

    assert answered == {
        "result": "refused", "model": "penguins", "why": "no labels for penguins", "hint": "wait", "findings": [],
    }  # fmt: skip
