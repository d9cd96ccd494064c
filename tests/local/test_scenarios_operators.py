"""Operators: a rollback during a deployment, two commands at once, a further release, and the rights of each role."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from fairlead.aws import clients
from tests.local.release_stack import MINUTE, Scene

pytestmark = pytest.mark.xdist_group("scenarios by hand")
ROLLBACK = "codeDeployRollback"


def ended(*processes: "subprocess.Popen[str]") -> list[tuple[int, str, str]]:
    """Return exit codes and outputs."""
    said = [process.communicate(timeout=120) for process in processes]
    return [(process.returncode, *spoken) for process, spoken in zip(processes, said, strict=True)]


def test_a_rollback_while_calls_go_over_stops_the_deployment_first_and_waits_for_it(scene: Scene) -> None:
    """CodeDeploy's own rollback would race with this one. It is switched off, and live moves only after the stop."""
    old = scene.standing(scene.versions[0])
    new = scene.start(scene.versions[1], "--reason", "better")
    known, during = scene.newest(), scene.cloud.now()
    scene.cloud.set_pace(stop=2 * MINUTE)

    try:
        with scene.callers() as met:
            rolling = scene.process("rollback", "iris", "--reason", "worse")
            scene.until(lambda: scene.since(known) == ["intended"])
            time.sleep(1)
            assert (scene.alias(), scene.weights(), rolling.poll()) == (old, {new: 0.1}, None)
            scene.cloud.advance(2 * MINUTE)
            [(code, stdout, stderr)] = ended(rolling)
    finally:
        scene.cloud.set_pace(stop=0.5)

    assert (code, stdout.split(", was ")[0]) == (0, f"live: release {old} (iris version {scene.versions[0]})"), stderr
    assert [line for line in stderr.splitlines() if "stopping deployment" in line]
    assert (scene.alias(), scene.weights()) == (old, {})
    last = scene.deployments()[0]
    assert (last["status"], last["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert last.get("creator") != ROLLBACK
    assert met.failed == 0
    assert set(met.identities) <= {scene.identity(old), scene.identity(new)}
    scene.check_record()
    assert sorted(scene.since(known)) == ["failed live", "intended", "moved live"]
    assert scene.live_at(during) == scene.live_at(scene.cloud.now()) == old


def test_second_release_is_refused_with_author_and_start_of_the_first(scene: Scene) -> None:
    scene.standing(scene.versions[0])
    before = scene.start(scene.versions[1])
    begun = scene.deployments()[0]

    done = scene.fairlead("release", "iris", scene.versions[2], who="colleague")

    assert (done.exit_code, done.stdout) == (4, "")
    assert f"deployment {begun['deploymentId']} to release {before} is running since " in done.stderr
    assert f"{begun['createTime']:%Y-%m-%d %H:%M}Z by arn:aws:iam::123456789012:user/operator" in done.stderr
    assert "fairlead rollback iris" in done.stderr
    assert scene.weights() == {before: 0.1}
    scene.did("rollback", "iris", "--away-from", before)
    scene.check_record()


def test_of_two_concurrent_releases_one_starts_and_the_other_is_refused(scene: Scene) -> None:
    """Both freeze a version; CodeDeploy, or the second command's check, finds the other's deployment."""
    old = scene.standing(scene.versions[0])
    going = [
        scene.process("release", "iris", version, "--strategy", "canary-10-5m", who=who)
        for version, who in ((scene.versions[1], "operator"), (scene.versions[2], "colleague"))
    ]

    outcomes = ended(*going)

    assert sorted(code for code, *_ in outcomes) == [0, 4], outcomes
    [refused] = [stderr for code, _, stderr in outcomes if code == 4]
    assert "error: " in refused
    assert "unexpected" not in refused
    [target] = scene.until(scene.weights)
    scene.did("rollback", "iris", "--away-from", target)
    assert scene.alias() == old
    scene.check_record()


def test_two_rollbacks_at_once_move_live_once_and_one_reports_it(scene: Scene) -> None:
    """Both stop a running deployment; the second command finds live moved, or is refused, and moves it no further."""
    old = scene.standing(scene.versions[0])
    new = scene.start(scene.versions[1])
    known = scene.newest()
    going = [
        scene.process("rollback", "iris", "--away-from", new, "--reason", f"{who} says so", who=who)
        for who in ("operator", "colleague")
    ]

    outcomes = ended(*going)

    assert min(code for code, *_ in outcomes) == 0, outcomes
    assert all("unexpected" not in stderr for _, _, stderr in outcomes)
    assert sum(", was release" in stdout for _, stdout, _ in outcomes) == 1, outcomes
    assert (scene.alias(), scene.weights()) == (old, {})
    scene.check_record()
    assert scene.since(known).count("moved live") == 1, scene.did("history", "iris")


def test_a_rollback_with_a_stale_revision_is_refused_by_lambda(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local cloud refuses a stale RevisionId as AWS does; here the real client meets it."""
    old = scene.standing(scene.versions[0])
    new = scene.release(scene.versions[1])
    plain, another = clients.client, scene.cloud.client("lambda")
    seen: list[str] = []

    def interfere(params: dict[str, Any], **_: Any) -> None:
        seen.append(params["Name"])
        for there in (old, new):
            another.update_alias(FunctionName=scene.function, Name="live", FunctionVersion=there)

    def client(service: str, **given: Any) -> Any:
        made = plain(service, **given)
        made.meta.events.register("provide-client-params.lambda.UpdateAlias", interfere)
        return made

    monkeypatch.setattr(clients, "client", client)
    done = scene.fairlead("rollback", "iris", "--away-from", new)

    assert done.exit_code == 4
    assert "another client changed it" in done.stderr
    assert (seen, scene.alias()) == (["live"], new)
    scene.check_record()


def test_a_caller_without_a_policy_gets_their_arn_and_the_missing_policy(scene: Scene, tmp_path: Path) -> None:
    scene.standing(scene.versions[0])
    scene.people["stranger"] = scene.cloud.add_user("stranger", [])
    (tmp_path / "rows.csv").write_text("a\n1\n")

    done = scene.fairlead("predict", "iris", "--data", tmp_path / "rows.csv", who="stranger")

    assert (done.exit_code, done.stdout) == (5, "")
    assert "answered 403" in done.stderr
    assert "CallerPolicyArn" in done.stderr


def test_the_alarm_of_the_release_that_was_left_does_not_block_the_next_release(scene: Scene) -> None:
    old = scene.standing(scene.versions[0])
    new = scene.release(scene.versions[1])
    alarm = scene.outputs["CanaryAlarms"].split(",")[0]
    scene.cloud.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="it fails")
    before = scene.cloud.now()

    scene.did("rollback", "iris", "--away-from", new, "--reason", "it fails")
    assert scene.alias() == old
    between = scene.cloud.now()
    assert scene.release(scene.versions[1], "--reason", "repaired") == new

    assert scene.live_at(before) == scene.live_at(scene.cloud.now()) == new
    assert scene.live_at(between) == old
    scene.check_record()


@pytest.mark.parametrize("who", ["caller", "publisher"])
def test_a_user_without_operator_rights_moves_nothing_and_gets_the_missing_right(scene: Scene, who: str) -> None:
    old = scene.standing(scene.versions[0])
    known = scene.newest()

    for command in (["release", "iris", scene.versions[1]], ["rollback", "iris"], ["prune", "iris", "--apply"]):
        done = scene.fairlead(*command, who=who)
        assert done.exit_code != 0
        assert "AccessDenied" in done.stderr
        assert "OperatorPolicyArn" in done.stderr

    assert scene.alias() == old
    assert scene.newest() == known
