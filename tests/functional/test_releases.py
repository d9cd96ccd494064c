"""Releases on moto made strict about revisions; the same story on the local cloud is in tests/local."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from fairlead import retiring
from fairlead.errors import IntegrityError, NotFoundError, ReleaseError
from fairlead.function import PredictFunction
from fairlead.registry import Registry
from fairlead.releases import Releases
from fairlead.stack import Stack
from tests.functional.strict_lambda import BASE, NAME, StrictLambda, deployed, package
from tests.manifests import build
from tests.memory import Memory


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
    return deployed()


@pytest.fixture
def lambda_(stack: Stack) -> StrictLambda:
    return StrictLambda()


@pytest.fixture
def registry() -> Registry:
    """Three versions of churn (the second needs sklearn) and one of penguins."""
    made = Registry(Memory())
    made.commit("churn", build)
    made.commit("churn", partial(build, engine="sklearn"))
    made.commit("churn", build)
    made.commit("penguins", partial(build, model="penguins"))
    return made


@pytest.fixture
def releases(stack: Stack, lambda_: StrictLambda) -> Releases:
    return Releases(stack, PredictFunction(lambda_.client, NAME, pause=0), sleep=lambda _: None)


def published(version: str) -> Any:
    return boto3.Session().client("lambda").get_function_configuration(FunctionName=NAME, Qualifier=version)


def test_a_release_freezes_model_digest_and_layers_in_a_version_and_live_points_at_it(
    releases: Releases, registry: Registry, lambda_: StrictLambda, stack: Stack
) -> None:
    _, sha256 = registry.manifest("churn", 1)

    done = releases.release(registry, "churn", 1)

    frozen = published("2")
    assert frozen["Environment"]["Variables"] == BASE | {
        "FAIRLEAD_MODEL": "churn",
        "FAIRLEAD_VERSION": "1",
        "FAIRLEAD_MANIFEST_SHA256": sha256,
    }
    assert [layer["Arn"] for layer in frozen["Layers"]] == [stack.common_layer, stack.engine_layers["onnx"]]
    assert frozen["Description"] == f"churn@1 sha256:{sha256[:16]}"
    assert lambda_.alias_names() == {"live": "2", "previous": "1"}
    assert (done.live.release, done.live.model, done.live.version, done.live.digest) == (
        "2",
        "churn",
        1,
        f"sha256:{sha256}",
    )
    assert done.was.model is None
    assert done.moved


def test_a_second_release_takes_its_own_engines_layer_and_leaves_the_first_in_previous(
    releases: Releases, registry: Registry, lambda_: StrictLambda, stack: Stack
) -> None:
    releases.release(registry, "churn", 1)

    releases.release(registry, "churn", 2)

    assert lambda_.alias_names() == {"live": "3", "previous": "2"}
    assert [layer["Arn"] for layer in published("3")["Layers"]] == [stack.common_layer, stack.engine_layers["sklearn"]]
    assert [layer["Arn"] for layer in published("2")["Layers"]] == [stack.common_layer, stack.engine_layers["onnx"]]


def test_previous_moves_before_live(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.release(registry, "churn", 1)
    seen: list[dict[str, str]] = []
    lambda_.before("UpdateAlias", lambda: lambda_.before("UpdateAlias", lambda: seen.append(lambda_.alias_names())))

    releases.release(registry, "churn", 2)

    assert seen == [{"live": "2", "previous": "2"}]


def test_nothing_of_the_scratch_leaks_into_a_release(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    leftovers = {"PYTHONPATH": "/tmp/evil", "FAIRLEAD_MODEL": "somebody", "FAIRLEAD_BUCKET": "elsewhere"}
    lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": leftovers}, Layers=[])

    releases.release(registry, "churn", 1)

    assert lambda_.environment("2").keys() == BASE.keys()
    assert lambda_.environment("2")["FAIRLEAD_BUCKET"] == "registry"


def test_releasing_what_is_live_changes_nothing(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.release(registry, "churn", 1)
    lambda_.calls.clear()

    again = releases.release(registry, "churn", 1)

    assert not again.moved
    assert again.live.release == "2"
    assert lambda_.changes() == []


def test_new_code_makes_a_new_release_of_the_same_model_version(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    lambda_.client.update_function_code(FunctionName=NAME, ZipFile=package("second"))

    done = releases.release(registry, "churn", 1)

    assert done.moved
    assert lambda_.alias_names() == {"live": "3", "previous": "2"}
    assert published("2")["CodeSha256"] != published("3")["CodeSha256"]


def test_new_memory_makes_a_new_release_too(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.release(registry, "churn", 1)
    lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=2048)

    assert releases.release(registry, "churn", 1).moved
    assert published("3")["MemorySize"] == 2048


def test_another_model_is_released_only_when_asked(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    lambda_.calls.clear()

    with pytest.raises(ReleaseError, match="live holds churn, not penguins") as caught:
        releases.release(registry, "penguins", 1)
    assert "--switch-model" in caught.value.hint
    assert lambda_.changes() == []

    assert releases.release(registry, "penguins", 1, switch_model=True).live.model == "penguins"
    assert lambda_.alias_names() == {"live": "3", "previous": "2"}


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]
)
def test_a_stack_that_is_not_settled_refuses_releases(
    stack: Stack, lambda_: StrictLambda, registry: Registry, status: str
) -> None:
    changing = msgspec.structs.replace(stack, status=status)

    with pytest.raises(ReleaseError, match=status):
        Releases(changing, PredictFunction(lambda_.client, NAME)).release(registry, "churn", 1)
    assert lambda_.calls == []


def test_a_version_that_does_not_exist_or_was_changed_is_not_released(
    stack: Stack, releases: Releases, lambda_: StrictLambda
) -> None:
    memory = Memory()
    registry = Registry(memory)
    registry.commit("churn", build)
    memory.objects["models/churn/versions/2.json"] = memory.objects["models/churn/versions/1.json"]

    with pytest.raises(NotFoundError, match="no version 9"):
        releases.release(registry, "churn", 9)
    with pytest.raises(IntegrityError):
        releases.release(registry, "churn", 2)
    assert lambda_.changes() == []


def test_a_release_that_cannot_load_its_model_never_becomes_live(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    problem = {"statusCode": 503, "body": '{"detail": "churn version 1 cannot be loaded (integrity)"}'}
    lambda_.answers["2"] = [problem]

    with pytest.raises(ReleaseError, match=r"release 2 cannot answer: churn version 1 cannot be loaded \(integrity\)"):
        releases.release(registry, "churn", 1)
    assert lambda_.alias_names() == {"live": "1", "previous": "1"}


def test_a_crash_in_the_new_version_is_shown_as_the_reason(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.answers["2"] = [{"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'numpy'"}]

    with pytest.raises(ReleaseError, match=r"Runtime\.ImportModuleError: No module named 'numpy'"):
        releases.release(registry, "churn", 1)
    assert lambda_.alias_names() == {"live": "1", "previous": "1"}


def test_a_first_load_that_stumbles_gets_another_chance(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    _, sha256 = registry.manifest("churn", 1)
    ready = {"statusCode": 200, "body": msgspec.json.encode({"release": "2", "digest": f"sha256:{sha256}"}).decode()}
    lambda_.answers["2"] = [{"statusCode": 503, "body": "{}"}, ready]

    assert releases.release(registry, "churn", 1).moved


def test_an_answer_of_another_release_proves_nothing(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.answers["2"] = [{"statusCode": 200, "body": '{"release": "1", "digest": "sha256:0"}'}]

    with pytest.raises(ReleaseError, match="release 1 with sha256:0 answered"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"


def test_a_version_that_fails_to_start_says_lambdas_reason(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """SnapStart: an init that raises fails the version."""
    failed = {"State": "Failed", "StateReasonCode": "FunctionError.RuntimeInitError", "StateReason": "it raised"}
    lambda_.states["2"] = [{"State": "Pending"}, {"State": "Pending"}, {"State": "Pending"}, failed]

    with pytest.raises(ReleaseError, match=r"version 2 of .* failed: FunctionError\.RuntimeInitError it raised"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"


def test_a_pending_version_is_waited_for_before_live_moves(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.states["2"] = [{"State": "Pending"}] * 5 + [{"State": "Active"}]

    assert releases.release(registry, "churn", 1).moved
    assert lambda_.states["2"] == [{"State": "Active"}]


def move(lambda_: StrictLambda, alias: str, version: str) -> None:
    """Somebody else, with the console: unguarded."""
    lambda_.client.update_alias(FunctionName=NAME, Name=alias, FunctionVersion=version)


def test_whoever_comes_second_to_live_is_told_and_previous_is_put_back(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """While 4 is released, somebody rolls 3 back to 2: previous must not become 3, which they have just left."""
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.before("UpdateAlias", lambda: lambda_.before("UpdateAlias", lambda: move(lambda_, "live", "2")))

    with pytest.raises(ReleaseError, match="somebody else changed it") as caught:
        releases.release(registry, "churn", 3)

    assert "fairlead status" in caught.value.hint
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}


def test_whoever_comes_second_to_previous_moves_nothing(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.before("UpdateAlias", lambda: move(lambda_, "previous", "1"))

    with pytest.raises(ReleaseError, match="move alias previous"):
        releases.release(registry, "churn", 3)
    assert lambda_.alias_names() == {"live": "3", "previous": "1"}


@pytest.mark.parametrize("operation", ["UpdateFunctionConfiguration", "PublishVersion"])
def test_a_scratch_that_somebody_else_configured_is_not_published(
    releases: Releases, registry: Registry, lambda_: StrictLambda, operation: str
) -> None:
    lambda_.before(
        operation,
        lambda: lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": {}}),
    )

    with pytest.raises(ReleaseError, match="somebody else changed it"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"
    with pytest.raises(NotFoundError):
        PredictFunction(lambda_.client, NAME).configuration("2")


def test_a_scratch_configured_between_settling_and_reading_is_not_published(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """The revision read last is the other one's: only comparing what stands there tells."""
    lambda_.before(
        "GetFunction",
        lambda: lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": {"A": "b"}}),
    )

    with pytest.raises(ReleaseError, match="somebody else configured the function"):
        releases.release(registry, "churn", 1)
    assert "PublishVersion" not in lambda_.calls


def test_a_function_that_is_being_updated_asks_to_wait(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.refusals["UpdateFunctionConfiguration"] = ["ResourceConflictException"]

    with pytest.raises(ReleaseError, match="another change of the function is under way"):
        releases.release(registry, "churn", 1)


def test_a_role_without_the_right_learns_which_action_it_lacks(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.refusals["UpdateFunctionConfiguration"] = ["AccessDeniedException"]

    with pytest.raises(ReleaseError, match="lambda:UpdateFunctionConfiguration") as caught:
        releases.release(registry, "churn", 1)
    assert "OperatorPolicyArn" in caught.value.hint


def test_a_live_alias_between_two_releases_refuses_a_third(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    lambda_.client.update_alias(FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}})

    with pytest.raises(ReleaseError, match="10% on release 1"):
        releases.release(registry, "churn", 2)


def test_rollback_moves_live_back_to_previous_and_leaves_previous(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)

    done = releases.rollback(registry, "churn")

    assert (done.was.release, done.live.release) == ("3", "2")
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}


def test_a_second_rollback_does_not_overshoot(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    for version in (1, 2, 3):
        releases.release(registry, "churn", version)
    releases.rollback(registry, "churn")

    with pytest.raises(ReleaseError, match="nothing to go back to"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"


def test_rollback_away_from_a_release_that_is_no_longer_live_does_nothing(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)

    with pytest.raises(ReleaseError, match="no longer release 14"):
        releases.rollback(registry, "churn", away_from="14")
    assert lambda_.points_at("live") == "3"
    assert releases.rollback(registry, "churn", away_from="3").live.release == "2"


def test_two_rollbacks_at_once_move_live_once(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.before("UpdateAlias", lambda: move(lambda_, "live", "2"))

    with pytest.raises(ReleaseError, match="somebody else changed it"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "2"


def test_rollback_clears_the_weights_of_a_half_done_shift(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    releases.rollback(registry, "churn")
    lambda_.client.update_alias(FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {"3": 0.5}})

    releases.rollback(registry, "churn")

    assert lambda_.points_at("live") == "2"  # which asserts that no weights are left


def test_there_is_nothing_to_roll_back_to_after_the_first_release(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)

    with pytest.raises(ReleaseError, match="no release of churn before this one"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "2"


def test_rollback_before_any_release_or_of_another_model_is_refused(releases: Releases, registry: Registry) -> None:
    with pytest.raises(ReleaseError, match="live holds no model, not churn"):
        releases.rollback(registry, "churn")
    releases.release(registry, "churn", 1)
    with pytest.raises(ReleaseError, match="live holds churn, not penguins"):
        releases.rollback(registry, "penguins")


def test_rollback_to_a_deleted_version_is_refused(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """AWS does not let a version go while an alias names it; moto does, which stands for whatever else removed it."""
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.client.delete_function(FunctionName=NAME, Qualifier="2")

    with pytest.raises(ReleaseError, match="release 2, which previous names, has been deleted"):
        releases.rollback(registry, "churn")
    assert releases.status().previous is None


def test_rollback_wakes_a_version_that_fell_asleep_before_live_moves(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """SnapStart lets a version sleep after 14 days; the first call starts to wake it."""
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.states["2"] = [{"State": "Inactive"}, {"State": "Inactive"}, {"State": "Pending"}, {"State": "Active"}]
    lambda_.refusals["Invoke"] = ["SnapStartNotReadyException"]
    lambda_.calls.clear()

    releases.rollback(registry, "churn")

    assert lambda_.points_at("live") == "2"
    assert lambda_.calls.index("UpdateAlias") > lambda_.calls.index("Invoke")


def test_rollback_to_a_release_that_cannot_answer_is_refused(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    lambda_.answers["2"] = [{"statusCode": 503, "body": "{}"}]

    with pytest.raises(ReleaseError, match="release 2 cannot answer: HTTP 503"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"


def test_a_version_released_again_after_a_rollback_is_live_again(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    releases.rollback(registry, "churn")

    done = releases.release(registry, "churn", 2)

    assert done.moved
    assert done.live.version == 2
    assert lambda_.points_at("previous") == "2"


def test_status_says_what_is_live_and_what_a_rollback_would_go_back_to(releases: Releases, registry: Registry) -> None:
    before = releases.status()
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 2)
    after = releases.status()

    assert (before.live.model, before.live.release) == (None, "1")
    assert (after.live.version, after.live.release) == (2, "3")
    assert after.previous is not None
    assert (after.previous.version, after.previous.release) == (1, "2")


def test_long_steps_are_announced(stack: Stack, lambda_: StrictLambda, registry: Registry) -> None:
    said: list[str] = []

    Releases(stack, PredictFunction(lambda_.client, NAME, pause=0), progress=said.append).release(registry, "churn", 1)

    assert [line.split()[0] for line in said] == ["setting", "publishing", "waiting", "asking", "moving"]


def test_a_version_that_is_not_live_can_be_retired_once(releases: Releases, registry: Registry) -> None:
    releases.release(registry, "churn", 3)

    first, done = releases.retire(registry, "churn", 1, by="ada", reason="biased")
    again = releases.retire(registry, "churn", 1, by="bob")

    assert (done, first.retired_by, first.reason) == (True, "ada", "biased")
    assert again == (first, False)
    assert retiring.retired(registry.objects, "churn") == {1}


def test_the_live_version_cannot_be_retired_until_another_is_released(releases: Releases, registry: Registry) -> None:
    releases.release(registry, "churn", 1)

    with pytest.raises(ReleaseError, match=r"release 2 \(churn version 1\) is live") as caught:
        releases.retire(registry, "churn", 1, by="ada")
    assert "release another version first" in caught.value.hint
    assert retiring.retired(registry.objects, "churn") == frozenset()

    releases.release(registry, "churn", 3)
    assert releases.retire(registry, "churn", 1, by="ada")[1]


def test_the_same_number_of_another_model_can_be_retired(releases: Releases, registry: Registry) -> None:
    releases.release(registry, "churn", 1)

    assert releases.retire(registry, "penguins", 1, by="ada")[1]


def test_a_version_that_a_shift_still_sends_calls_to_cannot_be_retired(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 3)
    boto3.Session().client("lambda").update_alias(
        FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )

    with pytest.raises(ReleaseError, match=r"release 2 \(churn version 1\) is live"):
        releases.retire(registry, "churn", 1, by="ada")


def test_a_retired_version_is_not_released(releases: Releases, registry: Registry, lambda_: StrictLambda) -> None:
    releases.retire(registry, "churn", 1, by="ada")
    lambda_.calls.clear()

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.release(registry, "churn", 1)
    assert lambda_.changes() == []


def test_a_version_retired_while_it_was_proved_does_not_become_live(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.before("Invoke", lambda: releases.retire(registry, "churn", 1, by="ada"))

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"


def test_rollback_to_a_retired_version_is_refused(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    releases.release(registry, "churn", 1)
    releases.release(registry, "churn", 3)
    releases.retire(registry, "churn", 1, by="ada")

    with pytest.raises(ReleaseError, match="churn version 1 is retired"):
        releases.rollback(registry, "churn")
    assert lambda_.points_at("live") == "3"
