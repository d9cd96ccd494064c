"""The release function as Lambda runs it: its own clients, retrain's event, and no import that loads pickles."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from moto.sns.models import sns_backends

from fairlead.aws import clients
from fairlead.aws.stack import Stack, find
from fairlead.errors import SettingsError
from fairlead.journal.journal import Journal
from fairlead.releases.facade import opened
from fairlead.settings import Operator, releasing
from testkit.lambda_context import context
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.function_app import load_function
from tests.functional.releases.operator import MOVE, Desk
from tests.functional.session import REGION, connect
from tests.functional.stacks import describe
from tests.functional.strict_lambda import StrictLambda
from tests.manifests import build, passing

ROOT = Path(__file__).parents[3]
EVENT = json.loads((ROOT / "events/release.json").read_text())
ENVIRONMENT = {
    "FAIRLEAD_STACK": "fairlead",
    "FAIRLEAD_STRATEGY": "canary-10-10m",
    "FAIRLEAD_MOVE": MOVE,
    "FAIRLEAD_RESPONSE": "act",
    "POWERTOOLS_SERVICE_NAME": "release",
    "POWERTOOLS_METRICS_NAMESPACE": "Fairlead",
}
APART = """
import sys
from testkit.absent_packages import forbid
forbid("joblib", "sklearn", "numpy", "scipy", "pandas", "onnx", "onnxruntime", "skl2onnx")
import functions.release.app
ours = [module for name, module in sys.modules.items() if name.split(".")[0] in {"fairlead", "functions"}]
print(sorted(module.__name__ for module in ours if "pickle" in vars(module)))
"""


@pytest.fixture
def function(
    stack: Stack, lambda_: StrictLambda, deploys: FakeDeploys, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """Loaded on a stack that answers with churn 1."""
    ours = {"lambda": lambda_.client, "codedeploy": deploys.client, "cloudwatch": cloudwatch}
    monkeypatch.setattr(clients, "client", lambda service, **_: ours.get(service) or connect(service))
    registry = describe(stack)
    registry.commit("churn", build)
    releases = opened(find(Operator()), pause=0)
    releases.follow(releases.release(registry, "churn", 1))
    topic = connect("sns").create_topic(Name="fairlead-decisions")["TopicArn"]
    for name, value in (ENVIRONMENT | {"FAIRLEAD_TOPIC": topic}).items():
        monkeypatch.setenv(name, value)
    Desk(stack, lambda_, deploys, cloudwatch, registry.objects).mover()  # type: ignore[arg-type]  # the bucket
    module = load_function("release")
    module.registry = registry  # type: ignore[attr-defined]
    return module


def notifications() -> list[str]:
    """Subjects of what was sent to the topic."""
    [topic] = sns_backends["123456789012"][REGION].topics.values()
    return [str(subject) for _, _, subject, *_ in topic.sent_notifications]


def test_a_candidate_handed_over_is_released_through_the_stack_s_strategy(
    function: ModuleType, deploys: FakeDeploys, lambda_: StrictLambda
) -> None:
    manifest, sha256 = function.registry.commit("churn", partial(passing, champion=1))
    event = {**EVENT, "version": manifest.version, "digest": f"sha256:{sha256}"}

    first, again = (function.handler(event, context()) for _ in range(2))

    assert (first["result"], again["result"]) == ("release", "decided before")
    assert deploys.last.info["deploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    deploys.finish()
    assert lambda_.alias_names() == {"live": deploys.last.target, "previous": "2"}
    assert notifications() == ["churn version 2: is being released"]


def test_a_doubtful_candidate_is_left_to_operators(function: ModuleType, deploys: FakeDeploys) -> None:
    manifest, sha256 = function.registry.commit("churn", build)

    answer = function.handler({**EVENT, "version": manifest.version, "digest": f"sha256:{sha256}"}, context())

    assert answer["result"] == "none"
    assert "compared with no version" in answer["why"]
    assert Journal(function.registry.objects, "fairlead").tail()[0].number == answer["record"]
    assert len(deploys.entries) == 1
    assert notifications() == ["churn version 2: not released"]


def test_nothing_that_learns_serves_or_unpickles_is_imported() -> None:
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/common/python'}"}
    done = subprocess.run(
        [sys.executable, "-c", APART],
        env={**os.environ, **ENVIRONMENT, **paths, "FAIRLEAD_TOPIC": "t", "AWS_DEFAULT_REGION": REGION},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize(
    "name", ["FAIRLEAD_STACK", "FAIRLEAD_TOPIC", "FAIRLEAD_STRATEGY", "FAIRLEAD_MOVE", "FAIRLEAD_RESPONSE"]
)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        releasing({**ENVIRONMENT, "FAIRLEAD_TOPIC": "t", name: ""})


def test_an_unknown_mode_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="act or dry-run"):
        releasing({**ENVIRONMENT, "FAIRLEAD_TOPIC": "t", "FAIRLEAD_RESPONSE": "perhaps"})
