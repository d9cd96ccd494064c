"""A stack that can release: moto made strict, CodeDeploy in memory, the canary alarms, a registry and its journal."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from fairlead.aws import clients
from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from testkit.memory import Memory
from tests.functional import canary_alarms
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk
from tests.functional.session import connect
from tests.functional.stacks import describe, publish_models
from tests.functional.strict_lambda import StrictLambda, deployed
from tests.manifests import build, stock


@pytest.fixture(autouse=True)
def _everywhere(moto: None) -> None: ...


@pytest.fixture
def stack(moto: None) -> Stack:
    canary_alarms.make(connect("cloudwatch"))
    return deployed()


@pytest.fixture
def lambda_(stack: Stack) -> StrictLambda:
    return StrictLambda()


@pytest.fixture
def deploys(lambda_: StrictLambda) -> FakeDeploys:
    return FakeDeploys(lambda_)


@pytest.fixture
def cloudwatch(stack: Stack) -> Any:
    return connect("cloudwatch")


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def registry(memory: Memory) -> Registry:
    """Three versions of churn (the second needs sklearn) and one of penguins."""
    made = Registry(memory)
    stock(memory)
    made.commit("churn", build)
    made.commit("churn", partial(build, engine="sklearn"))
    made.commit("churn", build)
    made.commit("penguins", partial(build, model="penguins"))
    return made


@pytest.fixture
def desk(stack: Stack, lambda_: StrictLambda, deploys: FakeDeploys, cloudwatch: Any, memory: Memory) -> Desk:
    return Desk(stack, lambda_, deploys, cloudwatch, memory)


@pytest.fixture
def releases(desk: Desk) -> Releases:
    return desk.releases()


@pytest.fixture
def commands(
    stack: Stack, lambda_: StrictLambda, deploys: FakeDeploys, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployed stack and three versions of churn; the commands use the tests' clients."""
    publish_models(describe(stack))
    deploys.eager = True
    ours = {"lambda": lambda_.client, "codedeploy": deploys.client, "cloudwatch": Metrics(cloudwatch)}
    monkeypatch.setattr(clients, "client", lambda service, **_: ours.get(service) or connect(service))
    monkeypatch.setattr("time.sleep", lambda _: None)


class Metrics:
    """moto's CloudWatch, which knows no percentiles: the canary's callers met 5 errors in 50 requests."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return self if name == "get_paginator" else getattr(self._client, name)

    def __call__(self, name: str) -> Any:
        return self if name == "get_metric_data" else self._client.get_paginator(name)

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        figures = {"requests_0": 450.0, "p50_0": 11.0, "p99_0": 42.0, "requests_1": 50.0, "errors_1": 5.0}
        at = datetime(2026, 11, 23, tzinfo=UTC)
        results = [{"Id": name, "Timestamps": [at], "Values": [value]} for name, value in figures.items()]
        return [{"MetricDataResults": results}]
