"""functions/record as Lambda loads it, on moto's S3 and Lambda and a CodeDeploy in memory."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fairlead.aws import clients
from fairlead.aws.codedeploy import Deployments, Shift
from fairlead.aws.s3 import S3Objects
from fairlead.errors import SettingsError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described, describe_deployment
from testkit.lambda_context import context
from tests.functional.fake_deploys import APPLICATION, GROUP, FakeDeploys
from tests.functional.function_app import forget_earlier_starts, load_function
from tests.functional.session import connect
from tests.functional.stacks import describe
from tests.functional.strict_lambda import BASE, NAME, StrictLambda, deployed

ROOT = Path(__file__).parents[3]
EVENT = json.loads((ROOT / "events/codedeploy-state-change.json").read_text())
ENVIRONMENT = {
    "FAIRLEAD_BUCKET": "registry",
    "FAIRLEAD_FUNCTION": NAME,
    "FAIRLEAD_STACK": "fairlead",
    "FAIRLEAD_APPLICATION": APPLICATION,
    "FAIRLEAD_GROUP": GROUP,
    "FAIRLEAD_MOVE": "fairlead-move",
    "POWERTOOLS_SERVICE_NAME": "record",
}


@pytest.fixture(autouse=True)
def _stack(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    describe(deployed())


@pytest.fixture
def deploys(monkeypatch: pytest.MonkeyPatch) -> FakeDeploys:
    lambda_ = StrictLambda()
    made = FakeDeploys(lambda_)
    ours = {"lambda": lambda_.client, "codedeploy": made.client}
    monkeypatch.setattr(clients, "client", lambda service, **_: ours.get(service) or connect(service))
    return made


def load() -> ModuleType:
    forget_earlier_starts()
    return load_function("record")


def published(version: int) -> str:
    client = connect("lambda")
    frozen = {
        "FAIRLEAD_MODEL": "churn",
        "FAIRLEAD_VERSION": str(version),
        "FAIRLEAD_MANIFEST_SHA256": f"{version:064d}",
    }
    client.update_function_configuration(FunctionName=NAME, Environment={"Variables": BASE | frozen})
    return str(client.publish_version(FunctionName=NAME)["Version"])


def start(deploys: FakeDeploys) -> dict[str, Any]:
    """Start a canary from the bootstrap version to churn 1; returns its event."""
    target = published(1)
    described = Described(model="churn", version=1, target=target, after="1")
    number = Deployments(deploys.client, APPLICATION, GROUP).start(
        Shift(function=NAME, current="1", target=target, hook="CodeDeployHook_fairlead-verify"),
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        describe_deployment(described),
    )
    return {**EVENT, "detail": EVENT["detail"] | {"deploymentId": number}}


def journal() -> Journal:
    return Journal(S3Objects(connect("s3"), "registry"), "fairlead")


def test_record_writes_the_states_of_a_deployment(deploys: FakeDeploys, capsys: pytest.CaptureFixture[str]) -> None:
    event = start(deploys)
    app = load()

    assert app.handler(event, context()) == [1]
    deploys.finish()
    assert app.handler(event, context()) == [2]
    assert app.handler(event, context()) == [2]

    end, begun = journal().records()
    assert (begun.kind, end.kind) == ("shifting", "moved")
    assert end.now is not None
    assert (end.now.model, end.now.version, end.by) == ("churn", 1, "codedeploy")
    assert '"key":"d-1:SUCCESS"' in capsys.readouterr().out


def test_it_records_a_rollback_with_its_alarm(deploys: FakeDeploys) -> None:
    deploys.alarm = True
    event = start(deploys)
    app = load()
    deploys.finish()

    for number in ("d-2", "d-1"):
        app.handler({**event, "detail": event["detail"] | {"deploymentId": number}}, context())

    assert [one.kind for one in journal().records() if one.key == "d-1:STOP"] == ["failed"]
    [undone] = [one for one in journal().records() if one.key == "d-2:SUCCESS"]
    assert undone.why == "rolls back deployment d-1: ALARM_ACTIVE: an alarm of the group is in ALARM"


def test_a_refused_call_is_an_error_so_that_lambda_tries_again(deploys: FakeDeploys) -> None:
    event = start(deploys)
    app = load()
    connect("lambda").delete_alias(FunctionName=NAME, Name="live")

    with pytest.raises(Exception, match="GetAlias"):
        app.handler(event, context())


@pytest.mark.parametrize(
    "name",
    [
        *("FAIRLEAD_STACK", "FAIRLEAD_BUCKET", "FAIRLEAD_FUNCTION", "FAIRLEAD_APPLICATION", "FAIRLEAD_GROUP"),
        "FAIRLEAD_MOVE",
    ],
)
def test_it_does_not_start_without_its_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(SettingsError, match=name):
        load()
