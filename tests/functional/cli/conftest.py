"""A stack to release on, an API on loopback, a monitored stack."""

import json
import os
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack
from fairlead.feedback.ledger import Outcome
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.release import Release
from fairlead.publishing.publish import Published
from fairlead.registry.store import Registry
from fairlead.telemetry import capture
from fairlead.telemetry.outcomes import pairs
from tests.functional import canary_alarms
from tests.functional.aws.test_stack import OUTPUTS
from tests.functional.conftest import Store
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.ledger_fixture import Loop, Traffic
from tests.functional.loopback_api import Script, serving
from tests.functional.monitored import rows, stocked
from tests.functional.session import connect
from tests.functional.stacks import create_stack, describe, publish_models
from tests.functional.strict_lambda import StrictLambda, deployed

MINUTE = 60_000


@pytest.fixture
def deployed_stack(moto: None) -> Stack:
    """A stack as `sam deploy` makes it: function, aliases, canary alarms, an empty bucket, and outputs."""
    made = deployed()
    canary_alarms.make(connect("cloudwatch"))
    describe(made)
    return made


@pytest.fixture
def registry(deployed_stack: Stack) -> Registry:
    """churn 1 to 3 and penguins 1."""
    made = Registry(S3Objects(connect("s3"), deployed_stack.bucket))
    publish_models(made)
    return made


@pytest.fixture
def lambda_(deployed_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> StrictLambda:
    strict = StrictLambda()
    deploys = FakeDeploys(strict)
    deploys.eager = True
    ours = {"lambda": strict.client, "codedeploy": deploys.client}
    monkeypatch.setattr(clients, "client", lambda service, **_: ours.get(service) or connect(service))
    return strict


@pytest.fixture
def api(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """An API that knows a classifier of x, plan and zone, and answers yes."""
    with serving() as script:
        monkeypatch.setenv("FAIRLEAD_API_URL", script.url)
        identity = {"model": "churn", "version": 3, "digest": "sha256:" + "a" * 64, "release": "14"}

        def answer(body: bytes) -> dict[str, Any]:
            yes = {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}}
            return identity | {"predictions": [{"id": "1", **yes} for _ in json.loads(body)["instances"]]}

        inputs = [
            {"name": "x", "kind": "number", "nullable": True},
            {"name": "zone", "kind": "category", "categories": [1, 2]},
            {"name": "plan", "kind": "category", "categories": ["basic", "plus"]},
        ]
        output = {"task": "classification", "target": "y", "classes": ["no", "yes"], "probabilities": True}
        signature = {"inputs": inputs, "output": output, "layout": "frame"}
        script.answers = {
            "/model": (200, identity | {"signature": signature, "most_rows": 2}),
            "/versions/3/predict": (200, answer),
        }
        yield script


@pytest.fixture(scope="session")
def here(s3_url: str, shelf: Store, published: Published) -> Loop:
    """Six callers asked within two hours, and half of their rows have an outcome."""
    here = Loop(stocked(s3_url, shelf))
    traffic, dice, now = Traffic(here.store, published), random.Random(3), int(time.time() * 1000)  # noqa: S311
    objects = S3Objects(here.store.client, here.store.env["FAIRLEAD_BUCKET"])
    scorer = Scorer(here.ledger, KnownVersions(objects))
    for number in range(6):
        drawn, request, at = (
            rows(24, dice),
            str(uuid.UUID(int=dice.getrandbits(128))),
            now - (10 + 18 * number) * MINUTE,
        )
        lines = traffic.lines([row for row, _ in drawn], request=request, at=at, caller=f"caller {number}")
        scorer.take([capture.decode(line) for line in lines])
        reported = [
            Outcome(request=request, row=place, actual=species, at=at + MINUTE, by="ada")
            for place, (_, species) in enumerate(drawn)
            if place % 2
        ]
        _, parts, kept = here.ledger.record_outcomes(reported)
        scorer.score(pairs(parts, kept))
    return here


@pytest.fixture
def stack(here: Loop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stack whose outputs lead to them, with an alarm in state ALARM."""
    return monitored_stack(here.store, here.table, monkeypatch)


def monitored_stack(store: Store, ledger: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a stack of a registry and a ledger, point this process at it, and return its name."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
        monkeypatch.delenv(name)
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("FAIRLEAD_BUCKET")
    name = f"monitored-{os.urandom(4).hex()}"
    live = Release(release="2", model="penguins", version=1, digest="", code_sha256="", modified="")
    journal = Journal(S3Objects(store.client, store.env["FAIRLEAD_BUCKET"]), name)
    journal.append(Draft(kind="moved", by="user/ada", why="the first one", alias="live", was=None, now=live))
    facts = {"cause": "drift", "standing": True, "labelled": 12, "error_share": None}
    journal.append(
        Draft(
            kind="decided",
            by="respond",
            why="too few outcomes are known",
            model="penguins",
            version=1,
            evidence={"alarm": "drift", "facts": facts},
        )
    )
    outputs = OUTPUTS | {"BucketName": store.env["FAIRLEAD_BUCKET"], "LedgerTable": ledger}
    create_stack(boto3.client("cloudformation"), name, outputs, description="Fairlead: a stack whose API is not there")
    cloudwatch: Any = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{name}-label-coverage", Namespace="Fairlead", MetricName="LabelCoverage", Statistic="Minimum",
        Period=300, EvaluationPeriods=1, Threshold=0.9, ComparisonOperator="LessThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=f"{name}-label-coverage", StateValue="ALARM", StateReason="half are missing")
    return name
