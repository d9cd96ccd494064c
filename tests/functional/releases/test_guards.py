"""Refusals of a release, and optimistic locking when two clients change the same thing at once."""

from typing import Any

import msgspec
import pytest

from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.stack import Stack
from fairlead.errors import NotFoundError, ReleaseError
from fairlead.registry.store import Registry
from fairlead.releases.facade import Releases
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import NAME, StrictLambda


def move(lambda_: StrictLambda, alias: str, version: str) -> None:
    """Move an alias as another client does in the console, without a RevisionId."""
    lambda_.client.update_alias(FunctionName=NAME, Name=alias, FunctionVersion=version)


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]
)
def test_a_stack_that_is_not_settled_refuses_releases(
    desk: Desk, stack: Stack, lambda_: StrictLambda, registry: Registry, status: str
) -> None:
    changing = msgspec.structs.replace(stack, status=status)

    with pytest.raises(ReleaseError, match=status):
        desk.releases(stack=changing).release(registry, "churn", 1)
    assert lambda_.calls == []


def test_a_second_release_is_refused_with_the_first_ones_author_and_start(
    desk: Desk, registry: Registry, deploys: FakeDeploys, lambda_: StrictLambda
) -> None:
    ship(desk.releases(), registry, 1)
    deploys.hold = "done"
    desk.releases("arn:aws:sts::1:assumed-role/ops/bob").release(registry, "churn", 2)
    lambda_.calls.clear()

    with pytest.raises(ReleaseError) as caught:
        desk.releases("carol").release(registry, "churn", 3)

    since = f"{deploys.last.info['createTime']:%Y-%m-%d %H:%M}Z"
    running = "deployment d-2 to release 3 is running"
    assert str(caught.value) == f"{running} since {since} by arn:aws:sts::1:assumed-role/ops/bob"
    assert "rollback" in caught.value.hint
    assert lambda_.changes() == []


def test_a_second_deployment_is_refused_and_leaves_previous_to_the_first(
    desk: Desk, registry: Registry, deploys: FakeDeploys, lambda_: StrictLambda
) -> None:
    ship(desk.releases(), registry, 1)
    ship(desk.releases(), registry, 2)
    deploys.hold = "done"
    deploys.before("CreateDeployment", lambda: desk.releases("bob").release(registry, "churn", 3))

    with pytest.raises(ReleaseError, match="another deployment is running"):
        desk.releases().release(registry, "churn", 1)
    deploys.finish()

    assert lambda_.points_at("previous") == "3"
    assert desk.journal().verify() == []


def test_a_deployment_whose_start_answer_was_lost_is_found(
    releases: Releases, registry: Registry, deploys: FakeDeploys, lambda_: StrictLambda
) -> None:
    """If the answer of CreateDeployment is lost, botocore sends it again, and finds its own deployment running."""
    ship(releases, registry, 1)
    deploys.answers_lost = 1

    done = ship(releases, registry, 2)

    assert done.deployment == "d-2"
    assert lambda_.alias_names() == {"live": "3", "previous": "2"}


def test_a_release_that_cannot_load_its_model_never_becomes_live(
    releases: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys
) -> None:
    problem = {"statusCode": 503, "body": '{"detail": "churn version 1 cannot be loaded (integrity)"}'}
    lambda_.answers["2"] = [problem]

    with pytest.raises(ReleaseError, match=r"release 2 cannot answer: churn version 1 cannot be loaded \(integrity\)"):
        releases.release(registry, "churn", 1)
    assert lambda_.alias_names() == {"live": "1", "previous": "1"}
    assert deploys.entries == {}


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

    assert ship(releases, registry, 1).moved


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


def test_a_pending_version_is_waited_for_before_anything_moves(
    releases: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk
) -> None:
    lambda_.states["2"] = [{"State": "Pending"}] * 5 + [{"State": "Active"}]

    assert ship(releases, registry, 1).moved
    assert lambda_.states["2"] == [{"State": "Active"}]
    assert "waiting for release 2 to become active" in desk.said


def test_a_stale_live_revision_is_refused_and_previous_is_restored(
    releases: Releases, registry: Registry, lambda_: StrictLambda, desk: Desk, deploys: FakeDeploys
) -> None:
    """While 4 is released, another operator rolls 3 back to 2: previous must not become 3."""
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    lambda_.before("UpdateAlias", lambda: move(lambda_, "live", "2"))

    with pytest.raises(ReleaseError, match="another operation moved live") as caught:
        releases.release(registry, "churn", 3)

    assert "fairlead status" in caught.value.hint
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}
    assert len(deploys.entries) == 2
    assert desk.kinds()[-4:] == ["intended", "moved previous", "moved previous", "failed"]


def test_a_stale_previous_revision_moves_nothing(
    releases: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys
) -> None:
    ship(releases, registry, 1)
    ship(releases, registry, 2)
    lambda_.before("UpdateAlias", lambda: move(lambda_, "previous", "1"))

    with pytest.raises(ReleaseError, match="move alias previous"):
        releases.release(registry, "churn", 3)
    assert lambda_.alias_names() == {"live": "3", "previous": "1"}
    assert len(deploys.entries) == 2


@pytest.mark.parametrize("operation", ["UpdateFunctionConfiguration", "PublishVersion"])
def test_a_latest_that_another_client_configured_is_not_published(
    releases: Releases, registry: Registry, lambda_: StrictLambda, operation: str
) -> None:
    lambda_.before(
        operation,
        lambda: lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": {}}),
    )

    with pytest.raises(ReleaseError, match="another client changed it"):
        releases.release(registry, "churn", 1)
    assert lambda_.points_at("live") == "1"
    with pytest.raises(NotFoundError):
        PredictFunction(lambda_.client, NAME).configuration("2")


def test_a_scratch_configured_between_settling_and_reading_is_not_published(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    """The last revision read is the other client's: only a comparison of the configuration detects that."""
    lambda_.before(
        "GetFunction",
        lambda: lambda_.client.update_function_configuration(FunctionName=NAME, Environment={"Variables": {"A": "b"}}),
    )

    with pytest.raises(ReleaseError, match="another operation configured the function"):
        releases.release(registry, "churn", 1)
    assert "PublishVersion" not in lambda_.calls


def test_a_function_that_is_being_updated_asks_to_wait(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.refusals["UpdateFunctionConfiguration"] = ["ResourceConflictException"]

    with pytest.raises(ReleaseError, match="another change of the function is in progress"):
        releases.release(registry, "churn", 1)


def test_a_role_without_the_right_learns_which_action_it_lacks(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    lambda_.refusals["UpdateFunctionConfiguration"] = ["AccessDeniedException"]

    with pytest.raises(ReleaseError, match="lambda:UpdateFunctionConfiguration") as caught:
        releases.release(registry, "churn", 1)
    assert "OperatorPolicyArn" in caught.value.hint


def test_a_live_alias_left_between_two_releases_refuses_a_third(
    releases: Releases, registry: Registry, lambda_: StrictLambda
) -> None:
    ship(releases, registry, 1)
    lambda_.shift("live", "2", {"1": 0.1})

    with pytest.raises(ReleaseError, match="10% on release 1"):
        releases.release(registry, "churn", 2)


@pytest.mark.parametrize("trouble", ["hook_fails", "alarm"])
def test_a_deployment_that_does_not_end_well_is_an_error_with_its_reason_and_live_stays(
    releases: Releases, registry: Registry, lambda_: StrictLambda, deploys: FakeDeploys, trouble: str
) -> None:
    ship(releases, registry, 1)
    setattr(deploys, trouble, True)

    with pytest.raises(ReleaseError) as caught:
        ship(releases, registry, 2)

    reason = {"hook_fails": "HOOK_EXECUTION_FAILURE", "alarm": "ALARM_ACTIVE"}[trouble]
    assert str(caught.value).startswith(f"release 3 (churn version 2) did not become live: {reason}")
    assert str(caught.value).endswith("live is release 2 (churn version 1)")
    assert caught.value.exit_code == 4
    assert lambda_.alias_names() == {"live": "2", "previous": "2"}


def test_findings_of_the_hook_are_the_reason(
    releases: Releases, registry: Registry, deploys: FakeDeploys, desk: Desk
) -> None:
    ship(releases, registry, 1)
    deploys.hook_fails = True
    started = releases.release(registry, "churn", 2)
    finding: dict[str, Any] = {"kind": "failed", "by": "codedeploy", "why": "row 3: expected yes, got no"}
    desk.record(**finding, was=started.was, now=started.release, deployment=started.deployment, key="d-2:verify")

    with pytest.raises(ReleaseError, match="did not become live: row 3: expected yes, got no; live is"):
        releases.follow(started)
