"""A stack that can release: moto made strict, CodeDeploy in memory, the canary alarms, a registry and its journal."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from moto import mock_aws

from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from testkit.memory import Memory
from tests.functional import canary_alarms
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk
from tests.functional.session import connect
from tests.functional.strict_lambda import StrictLambda, deployed
from tests.manifests import build, stock


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield


@pytest.fixture
def stack(cloud: None) -> Stack:
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
