"""Deployments through CodeDeploy's API, on the fake that tests/local holds against the local cloud's."""

import pytest

from fairlead.aws.codedeploy import Deployments, Shift
from fairlead.errors import NotFoundError, ReleaseError
from tests.functional.fake_deploys import APPLICATION, GROUP, FakeDeploys
from tests.functional.session import connect
from tests.functional.strict_lambda import NAME, StrictLambda, deployed, package

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


@pytest.fixture
def lambda_(moto: None) -> StrictLambda:
    deployed()
    client = connect("lambda")
    client.update_function_code(FunctionName=NAME, ZipFile=package("second"), Publish=True)
    return StrictLambda()


@pytest.fixture
def fake(lambda_: StrictLambda) -> FakeDeploys:
    return FakeDeploys(lambda_)


@pytest.fixture
def deployments(fake: FakeDeploys) -> Deployments:
    return Deployments(fake.client, APPLICATION, GROUP, sleep=lambda _: None)


def start(deployments: Deployments, configuration: str = CANARY) -> str:
    shift = Shift(function=NAME, current="1", target="2", hook="CodeDeployHook_fairlead-verify")
    return deployments.start(shift, configuration, "fairlead: churn@1 release 2 after 1")


def test_a_deployment_is_started_looked_at_and_waited_for(deployments: Deployments, lambda_: StrictLambda) -> None:
    assert deployments.running() is None
    number = start(deployments)
    running = deployments.running()
    assert running is not None
    assert (running.id, running.configuration) == (number, CANARY)
    assert running.description == "fairlead: churn@1 release 2 after 1"

    seen: list[str] = []
    done = deployments.wait(number, on_poll=lambda one: seen.append(one.status))

    assert done.succeeded
    assert seen[-1] == "Succeeded"
    assert lambda_.points_at("live") == "2"
    assert deployments.running() is None


def test_a_second_deployment_is_refused_while_one_runs(deployments: Deployments, fake: FakeDeploys) -> None:
    fake.hold = "done"
    start(deployments)

    with pytest.raises(ReleaseError, match="another deployment is running"):
        start(deployments)


def test_stop_waits_until_the_deployment_and_its_rollback_have_ended(
    deployments: Deployments, fake: FakeDeploys
) -> None:
    """If the group's settings roll a stopped deployment back, the rollback is a separate deployment."""
    fake.hold, fake.rolls_back_on_stop = "done", True
    number = start(deployments)
    deployments.read(number)
    deployments.read(number)
    fake.hold = ""

    stopped = deployments.stop(number)

    assert (stopped.status, stopped.rollback) == ("Stopped", "d-2")
    assert all(entry.ended for entry in fake.entries.values())


def test_stopping_an_ended_deployment_changes_nothing(deployments: Deployments) -> None:
    number = start(deployments)
    deployments.wait(number)

    assert deployments.stop(number).succeeded


def test_a_failed_deployment_says_why(deployments: Deployments, fake: FakeDeploys) -> None:
    fake.hook_fails = True

    done = deployments.wait(start(deployments))

    assert (done.status, done.reason) == ("Failed", "HOOK_EXECUTION_FAILURE: the hook BeforeAllowTraffic failed")


def test_a_deployment_that_is_not_there_is_not_found(deployments: Deployments) -> None:
    with pytest.raises(NotFoundError, match="read deployment d-9"):
        deployments.read("d-9")


def test_a_deployment_to_where_live_is_already_fails(deployments: Deployments) -> None:
    shift = Shift(function=NAME, current="1", target="1", hook="h")

    assert deployments.wait(deployments.start(shift, CANARY, "")).reason.startswith("INVALID_LAMBDA_CONFIGURATION")
