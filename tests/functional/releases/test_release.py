"""A release: what is frozen, what is announced, in which order things move; the same story runs in tests/local."""

from typing import Any

import msgspec
import pytest

from fairlead.aws.stack import Stack
from fairlead.errors import IntegrityError, NotFoundError, ReleaseError, SettingsError
from fairlead.model.manifest import Finding, Forced
from fairlead.registry.store import Registry
from fairlead.releases.canary_alarms import CanaryAlarms
from fairlead.releases.facade import Releases
from testkit.memory import Memory
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.session import connect
from tests.functional.strict_lambda import BASE, NAME, StrictLambda, package
from tests.manifests import build

PASSED = Finding(check="baseline", finding="better than the most frequent class", verdict="pass")
FAILED = Finding(check="leakage", finding="one input alone says it all", verdict="fail", refuses=True)


def published(version: str) -> Any:
    return connect("lambda").get_function_configuration(FunctionName=NAME, Qualifier=version)


def test_a_release_freezes_model_digest_and_layers_in_a_version_and_live_arrives_at_it(
    releases: Releases, registry: Registry, lambda_: StrictLambda, stack: Stack
) -> None:
    _, sha256 = registry.manifest("churn", 1)

    done = ship(releases, registry, 1)

    frozen = published("2")
    assert frozen["Environment"]["Variables"] == BASE | {
        "FAIRLEAD_MODEL": "churn",
        "FAIRLEAD_VERSION": "1",
        "FAIRLEAD_MANIFEST_SHA256": sha256,
        "FAIRLEAD_PINNABLE": "",
    }
    assert [layer["Arn"] for layer in frozen["Layers"]] == [stack.common_layer, stack.engine_layers["onnx"]]
    assert frozen["Description"] == f"churn@1 sha256:{sha256[:16]}"
    assert lambda_.alias_names() == {"live": "2", "previous": "1"}
    assert (done.live.release, done.live.version, done.live.digest) == ("2", 1, f"sha256:{sha256}")
    assert done.was.model is None
    assert done.moved


def test_a_deployment_is_started_with_the_stacks_strategy_its_hook_and_a_description(
    releases: Releases, registry: Registry, deploys: FakeDeploys, lambda_: StrictLambda, stack: Stack
) -> None:
    ship(releases, registry, 1)
    deploys.hold = "done"

    started = releases.release(registry, "churn", 2)

    assert deploys.last.info["deploymentConfigName"] == stack.strategy
    assert deploys.last.info["description"] == "fairlead: churn@2 release 3 after 2"
    assert (deploys.last.current, deploys.last.target, deploys.last.hook) == ("2", "3", stack.hook)
    assert (started.deployment, started.strategy, started.moved) == ("d-2", "canary-10-5m", False)
    assert (started.live.release, started.release.release) == ("2", "3")
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}


def test_a_strategy_is_asked_for_by_its_word(releases: Releases, registry: Registry, deploys: FakeDeploys) -> None:
    ship(releases, registry, 1)

    assert ship(releases, registry, 2, strategy="linear-10-1m").strategy == "linear-10-1m"
    assert deploys.last.info["deploymentConfigName"] == "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    ship(releases, registry, 3, strategy="custom")
    assert deploys.last.info["deploymentConfigName"] == "fairlead-custom"


def test_an_unknown_strategy_is_refused_before_anything_is_made(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    with pytest.raises(SettingsError, match="unknown strategy 'slowly'"):
        releases.release(registry, "churn", 1, strategy="slowly")
    assert lambda_.changes() == []


def test_the_first_release_is_all_at_once_because_there_is_nothing_to_protect(
    releases: Releases, registry: Registry, deploys: FakeDeploys, desk: Desk
) -> None:
    assert ship(releases, registry, 1, strategy="canary-10-5m").strategy == "all-at-once"
    assert deploys.last.info["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
    assert any("all at once" in line for line in desk.said)


def test_a_second_release_takes_its_own_engines_layer_and_leaves_the_first_in_previous(
    releases: Releases, registry: Registry, lambda_: StrictLambda, stack: Stack
) -> None:
    ship(releases, registry, 1)

    ship(releases, registry, 2)

    assert lambda_.alias_names() == {"live": "3", "previous": "2"}
    assert [layer["Arn"] for layer in published("3")["Layers"]] == [stack.common_layer, stack.engine_layers["sklearn"]]
    assert [layer["Arn"] for layer in published("2")["Layers"]] == [stack.common_layer, stack.engine_layers["onnx"]]


def test_previous_has_moved_and_the_alarms_watch_the_release_before_its_deployment_starts(
    releases: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, cloudwatch: Any, stack: Stack
) -> None:
    ship(releases, registry, 1)
    seen: list[Any] = []
    alarms = CanaryAlarms(cloudwatch, stack.canary_alarms)
    deploys.before("CreateDeployment", lambda: seen.extend([lambda_.alias_names(), alarms.read()]))

    releases.release(registry, "churn", 2)

    assert seen[0] == {"live": "2", "previous": "2"}
    assert [(alarm.release, alarm.state) for alarm in seen[1]] == [("3", "INSUFFICIENT_DATA")] * 2


def test_an_alarm_of_the_old_release_does_not_block_the_fix(
    releases: Releases, registry: Registry, cloudwatch: Any, stack: Stack
) -> None:
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    cloudwatch.set_alarm_state(AlarmName=stack.canary_alarms[0], StateValue="ALARM", StateReason="release 3 fails")
    releases.rollback(registry, "churn")

    ship(releases, registry, 3)

    assert [alarm.state for alarm in CanaryAlarms(cloudwatch, stack.canary_alarms).read()] == ["INSUFFICIENT_DATA"] * 2


def test_nothing_of_the_scratch_leaks_into_a_release(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    leftovers = {"PYTHONPATH": "/tmp/evil", "FAIRLEAD_MODEL": "somebody", "FAIRLEAD_BUCKET": "elsewhere"}
    lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": leftovers}, Layers=[])

    ship(releases, registry, 1)

    assert lambda_.environment("2").keys() == {*BASE, "FAIRLEAD_PINNABLE"}
    assert lambda_.environment("2")["FAIRLEAD_BUCKET"] == "registry"


def test_releasing_the_live_version_changes_nothing(
    releases: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys
) -> None:
    ship(releases, registry, 1)
    lambda_.calls.clear()

    again = ship(releases, registry, 1)

    assert not again.moved
    assert again.deployment == ""
    assert again.live.release == "2"
    assert lambda_.changes() == []
    assert len(deploys.entries) == 1


def test_new_code_makes_a_new_release_of_the_same_model_version(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 1)
    lambda_.client.update_function_code(FunctionName=NAME, ZipFile=package("second"))

    done = ship(releases, registry, releases.live().version)

    assert done.moved
    assert lambda_.alias_names() == {"live": "3", "previous": "2"}
    assert published("2")["CodeSha256"] != published("3")["CodeSha256"]


def test_a_new_layer_of_the_stack_makes_a_new_release_too(
    desk: Desk, releases: Releases, registry: Registry, stack: Stack
) -> None:
    ship(releases, registry, 1)
    publish = connect("lambda").publish_layer_version
    newer = publish(LayerName="fairlead-common", Content={"ZipFile": package("newer")})["LayerVersionArn"]

    updated = desk.releases(stack=msgspec.structs.replace(stack, common_layer=newer))

    assert ship(updated, registry, 1).moved
    assert published("3")["Layers"][0]["Arn"] == newer


def test_new_memory_makes_a_new_release_too(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    ship(releases, registry, 1)
    lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=2048)

    assert ship(releases, registry, 1).moved
    assert published("3")["MemorySize"] == 2048


def test_snapstart_switched_on_makes_a_new_release_and_its_state_does_not(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """Only a new version gets a snapshot."""
    ship(releases, registry, 1)
    for version, status in (("$LATEST", "Off"), ("3", "On")):
        lambda_.states[version] = [{"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": status}}]

    assert ship(releases, registry, 1).moved
    assert not ship(releases, registry, 1).moved


def test_a_version_released_again_after_a_rollback_is_live_again(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    releases.rollback(registry, "churn")

    done = ship(releases, registry, 2)

    assert done.moved
    assert done.live.version == 2
    assert lambda_.points_at("previous") == "2"


def test_a_switch_to_another_model_is_all_at_once_whatever_the_stacks_strategy(
    releases: Releases, registry: Registry, deploys: FakeDeploys
) -> None:
    """In a canary, chance would decide which model's rows are refused."""
    ship(releases, registry, 1)

    done = ship(releases, registry, 1, "penguins", switch_model=True)

    assert done.strategy == "all-at-once"
    assert deploys.last.info["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"


@pytest.mark.parametrize("strategy", ["canary-10-5m", "linear-10-1m", "custom"])
def test_a_switch_to_another_model_by_shares_is_refused_before_anything_is_made(
    releases: Releases, registry: Registry, lambda_: StrictLambda, strategy: str
) -> None:
    ship(releases, registry, 1)
    lambda_.calls.clear()

    with pytest.raises(
        ReleaseError, match=f"live holds churn, and a switch to penguins is all at once, not {strategy}"
    ):
        releases.release(registry, "penguins", 1, strategy=strategy, switch_model=True)

    assert lambda_.changes() == []


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((), "churn version 4 has no findings of the gate"),
        ((PASSED, FAILED), "the gate refused churn version 4: leakage, one input alone says it all"),
        ((msgspec.structs.replace(FAILED, refuses=False),), "the gate refused churn version 4"),
    ],
)
def test_a_version_that_the_gate_did_not_let_pass_is_neither_released_nor_frozen(
    releases: Releases, registry: Registry, lambda_: StrictLambda, findings: tuple[Finding, ...], said: str
) -> None:
    """A principal that may write a manifest can write one without the gate."""
    registry.commit("churn", lambda *given: msgspec.structs.replace(build(*given), findings=findings))

    with pytest.raises(ReleaseError, match=said) as caught:
        releases.release(registry, "churn", 4)
    with pytest.raises(ReleaseError, match=said):
        releases.freeze(registry, "churn", 4)

    assert "fairlead publish" in caught.value.hint
    assert lambda_.changes() == []


def test_a_version_that_was_forced_past_the_gate_is_released(releases: Releases, registry: Registry) -> None:
    forced = Forced(by="ada", reason="the check is wrong here")
    registry.commit("churn", lambda *given: msgspec.structs.replace(build(*given), findings=(FAILED,), forced=forced))
    assert ship(releases, registry, 4).live.version == 4


def test_another_model_is_released_only_when_asked(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 1)
    lambda_.calls.clear()

    with pytest.raises(ReleaseError, match="live holds churn, not penguins") as caught:
        releases.release(registry, "penguins", 1)
    assert "--switch-model" in caught.value.hint
    with pytest.raises(ReleaseError, match="live holds churn, not penguins") as caught:
        releases.freeze(registry, "penguins", 1)
    assert "`fairlead release penguins VERSION --switch-model`" in caught.value.hint
    assert lambda_.changes() == []

    assert ship(releases, registry, 1, "penguins", switch_model=True).live.model == "penguins"
    assert lambda_.alias_names() == {"live": "3", "previous": "2"}


def test_a_version_that_does_not_exist_or_was_changed_is_not_released(desk: Desk, lambda_: StrictLambda) -> None:
    memory = Memory()
    registry = Registry(memory)
    registry.commit("churn", build)
    memory.objects["models/churn/versions/2.json"] = memory.objects["models/churn/versions/1.json"]

    with pytest.raises(NotFoundError, match="no version 9"):
        desk.releases().release(registry, "churn", 9)
    with pytest.raises(IntegrityError):
        desk.releases().release(registry, "churn", 2)
    assert lambda_.changes() == []


def test_long_steps_are_announced(releases: Releases, registry: Registry, desk: Desk) -> None:
    ship(releases, registry, 1)
    desk.said.clear()

    ship(releases, registry, 2)

    steps = ["setting", "publishing", "checking", "moving", "pointing", "shifting", "waiting"]
    assert [line.split()[0] for line in desk.said] == steps


def test_intent_with_author_version_and_reason_is_in_the_journal_before_a_move(
    releases: Releases, registry: Registry, desk: Desk
) -> None:
    ship(releases, registry, 1)
    desk.reconcile()

    releases.release(registry, "churn", 2, reason="spring data")

    intent, previous = desk.records()[-2:]
    assert (intent.kind, intent.alias, intent.by, intent.why) == ("intended", "", "ada", "spring data")
    assert (intent.was and intent.was.release, intent.now and intent.now.release) == ("2", "3")
    assert intent.evidence == {"strategy": "canary-10-5m"}
    assert (previous.kind, previous.alias, previous.now and previous.now.release) == ("moved", "previous", "2")
    assert desk.journal().verify() == []


def test_version_of_the_running_deployment_is_frozen_and_any_other_is_refused(
    releases: Releases, registry: Registry, deploys: FakeDeploys, lambda_: StrictLambda
) -> None:
    """The version in the canary can then be compared with the live one."""
    ship(releases, registry, 1)
    deploys.hold = "shifting"
    releases.release(registry, "churn", 2)
    made = lambda_.changes()

    assert (releases.freeze(registry, "churn", 2).release, releases.freeze(registry, "churn", 1).release) == ("3", "2")

    with pytest.raises(ReleaseError, match="deployment d-2 to release 3 is running"):
        releases.freeze(registry, "churn", 3)
    assert lambda_.changes() == made


def pinnable(release: str) -> str:
    text: str = published(release)["Environment"]["Variables"]["FAIRLEAD_PINNABLE"]
    return text


def test_a_release_freezes_which_versions_were_live_before_it(releases: Releases, registry: Registry) -> None:
    """Version 2 is in the chain of manifests, and was never released."""
    registry.commit("churn", build)
    for version in (1, 3, 4):
        ship(releases, registry, version)

    assert [pinnable(release) for release in ("2", "3", "4")] == ["", "1", "3,1"]


def test_a_version_that_was_rolled_back_is_not_pinnable_until_it_is_live_again(
    releases: Releases, registry: Registry
) -> None:
    registry.commit("churn", build)
    for version in (1, 2, 3):
        ship(releases, registry, version)
    releases.rollback(registry, "churn", to="1")  # previous still names the release of version 2

    ship(releases, registry, 4)

    assert pinnable("5") == "1-2"


def test_releasing_the_live_version_after_a_rollback_changes_nothing(releases: Releases, registry: Registry) -> None:
    ship(releases, registry, 1)
    ship(releases, registry, 3)
    releases.rollback(registry, "churn")

    assert not ship(releases, registry, 1).moved


def test_another_models_versions_are_not_pinnable(releases: Releases, registry: Registry) -> None:
    registry.commit("penguins", lambda version, parent: build(version, parent, model="penguins"))
    ship(releases, registry, 1)

    ship(releases, registry, 2, "penguins", switch_model=True)

    assert pinnable("3") == ""
