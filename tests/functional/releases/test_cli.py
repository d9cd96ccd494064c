"""The commands that release, watch, roll back and prune, from their arguments to what they print."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.aws.stack import Stack
from fairlead_cli.main import app
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.session import connect
from tests.functional.strict_lambda import NAME, StrictLambda, package

pytestmark = pytest.mark.usefixtures("commands")


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def result(*arguments: object) -> Any:
    done = fairlead(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_release_returns_once_its_deployment_has_started_and_says_how_to_see_it(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    deploys.eager = False

    done = fairlead("release", "churn", 2, "--strategy", "linear-10-1m")

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "deployment d-2: live goes from release 2 (churn version 1) to release 3 (churn version 2), linear-10-1m",
        "next: fairlead status churn --watch",
    ]


def test_command_waits_for_a_release_that_replaces_another_model(deploys: FakeDeploys) -> None:
    """A prediction right after the command meets the new model."""
    deploys.eager = False
    first = fairlead("release", "churn", 1)
    switched = fairlead("release", "penguins", 1, "--switch-model")

    assert first.stdout == "live: release 2 (churn version 1), was release 1 (no model)\n", first.stderr
    assert switched.stdout == "live: release 3 (penguins version 1), was release 2 (churn version 1)\n"


def test_wait_ends_when_the_release_is_live(deploys: FakeDeploys) -> None:
    deploys.eager = False

    done = result("release", "churn", 1, "--wait")

    assert (done["moved"], done["live"]["release"], done["deployment"]) == (True, "2", "d-1")


def test_a_release_that_was_rolled_back_exits_4_with_the_reason(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    deploys.eager, deploys.alarm = False, True

    done = fairlead("release", "churn", 2, "--wait")

    assert (done.exit_code, done.stdout) == (4, "")
    assert "did not become live: ALARM_ACTIVE" in done.stderr
    assert "live is release 2 (churn version 1)" in done.stderr
    assert "fairlead history churn" in done.stderr


def test_watch_prints_a_line_for_each_look_where_there_is_no_terminal(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    deploys.eager = False

    done = fairlead("release", "churn", 2, "--watch")

    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "| release 3: " in line]
    old, new = (
        "release 2: weight 90%, requests 450, errors 0 (0.0%)",
        "release 3: weight 10%, requests 50, errors 5 (10.0%)",
    )
    assert any(old in line and new in line for line in lines)
    assert "p50 11.0 ms, p99 42.0 ms" in lines[0]
    assert "hook not yet" in lines[0]
    assert "fairlead-canary-errors INSUFFICIENT_DATA" in lines[0]
    assert "Succeeded" in lines[-1]
    assert done.stdout == "live: release 3 (churn version 2), was release 2 (churn version 1)\n"


def test_a_watched_release_that_fails_exits_4_after_its_last_line(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    deploys.eager, deploys.hook_fails = False, True

    done = fairlead("release", "churn", 2, "--watch", "--json")

    assert done.exit_code == 4
    assert json.loads(done.stdout)["error"]["code"] == "release"
    assert "Failed" in done.stderr
    assert "HOOK_EXECUTION_FAILURE" in done.stderr


def test_status_watch_follows_the_deployment_that_is_running(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    deploys.eager = False
    fairlead("release", "churn", 2, "--reason", "spring data")
    before = fairlead("status", "churn")

    done = fairlead("status", "churn", "--watch")

    assert "deployment d-2 to release 3 is running since" in before.stdout
    assert "by arn:aws:" in before.stdout
    assert "fairlead-canary-errors INSUFFICIENT_DATA (release 3)" in before.stdout
    assert "| release 3: weight " in done.stderr
    assert "release 3 (churn version 2), answers" in done.stdout
    assert "running" not in done.stdout


def test_code_releases_the_live_version_again_whatever_it_is(lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 2)
    assert "is live already: nothing to do" in fairlead("release", "--code", "--wait").stdout
    lambda_.client.update_function_code(FunctionName=NAME, ZipFile=package("second"))

    done = result("release", "churn", "--code", "--wait")

    assert (done["live"]["release"], done["live"]["version"], done["was"]["release"]) == ("3", 2, "2")


def test_code_before_the_first_release_is_nothing_to_do() -> None:
    done = fairlead("release", "--code", "--wait")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no model is live yet" in done.stderr
    assert result("release", "--code") is None


def test_code_of_a_model_that_is_not_live_is_refused() -> None:
    fairlead("release", "churn", 2)

    done = fairlead("release", "penguins", "--code")

    assert done.exit_code == 4
    assert "live holds churn, not penguins" in done.stderr


def test_rollback_reports_its_result_even_if_nothing_had_moved(deploys: FakeDeploys) -> None:
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 2)
    back = fairlead("rollback", "churn", "--away-from", "r3", "--reason", "errors")
    deploys.eager, deploys.hold = False, "hook"
    fairlead("release", "churn", 3)

    stopped = fairlead("rollback", "churn")

    assert back.stdout == "live: release 2 (churn version 1), was release 3 (churn version 2)\n"
    assert stopped.stdout == (
        "live: release 2 (churn version 1), as before; deployment d-3 to release 4 (churn version 3) has ended\n"
    )
    assert "stopping deployment d-3" in stopped.stderr
    assert fairlead("rollback", "churn", "--to", "r4").stdout.startswith("live: release 4 ")


def test_prune_shows_its_plan_then_deletes(lambda_: StrictLambda) -> None:
    for number in range(6):
        lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=512 + number)
        fairlead("release", "churn", 1 + number % 2)

    shown = fairlead("prune", "churn", "--keep", 2)
    done = result("prune", "churn", "--keep", 2, "--apply")

    assert "3 of 6 releases of churn would be deleted" in shown.stdout
    assert "next: fairlead prune churn --keep 2 --apply" in shown.stdout
    assert [one["release"] for one in done["plan"]["goes"]] == ["4", "3", "2"]
    assert "0 of 3 releases of churn would be deleted" in fairlead("prune", "churn", "--keep", 2).stdout


def test_prune_shows_the_code_storage_and_the_bytes_that_it_frees(lambda_: StrictLambda) -> None:
    for number in range(4):
        lambda_.client.update_function_configuration(FunctionName=NAME, MemorySize=512 + number)
        fairlead("release", "churn", 1 + number % 2)
    size = lambda_.client.get_function_configuration(FunctionName=NAME, Qualifier="2")["CodeSize"]

    shown = fairlead("prune", "churn", "--keep", 2)
    printed = result("prune", "churn", "--keep", 2)
    lambda_.refusals["GetAccountSettings"] = ["AccessDeniedException"]
    refused = fairlead("prune", "churn", "--keep", 2, "--apply")

    assert printed["code_storage"] == {"used": 75 * 1024**3 // 2, "limit": 75 * 1024**3}
    assert printed["plan"]["frees"] == size * len(printed["plan"]["goes"]) > 0
    assert "code storage: 37.5 GiB of 75.0 GiB used (50%)" in shown.stdout
    assert "would be freed; layers are kept" in shown.stdout
    assert "code storage: not checked: needs lambda:GetAccountSettings" in refused.stdout
    assert refused.exit_code == 0


def test_retiring_the_last_rollback_target_needs_confirmation_and_names_the_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for version in (1, 2, 3):
        assert fairlead("release", "churn", version).exit_code == 0

    first = fairlead("retire", "churn", 2)
    assert (first.exit_code, "any more; release 2 (churn version 1) is left" in first.stderr) == (0, True)

    refused = fairlead("retire", "churn", 1)
    assert (refused.exit_code, refused.stdout) == (4, "")
    only = "a rollback of live could go only to release 2 (churn version 1)"
    assert f"{only}: the version was not retired" in refused.stderr
    assert "--yes" in refused.stderr

    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert fairlead("retire", "churn", 1).exit_code == 4

    done = fairlead("retire", "churn", 1, "--yes")
    assert done.exit_code == 0, done.stderr
    assert "no rollback can go to release 2 (churn version 1) any more; none is left" in done.stderr
    assert "churn version 2 is retired" in fairlead("rollback", "churn").stderr


def test_retiring_a_version_that_is_no_rollback_target_needs_no_confirmation() -> None:
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 2)

    never_released = fairlead("retire", "churn", 3)
    of_another_model = fairlead("retire", "penguins", 1)

    assert (never_released.exit_code, never_released.stderr) == (0, "")
    assert (of_another_model.exit_code, of_another_model.stderr) == (0, "")


def test_a_release_that_cannot_start_is_no_fallback_that_retiring_would_lose(stack: Stack) -> None:
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 2)
    connect("s3").delete_object(Bucket=stack.bucket, Key="models/churn/versions/1.json")

    done = fairlead("retire", "churn", 1)

    assert "a rollback of live could go only to" not in done.stderr
