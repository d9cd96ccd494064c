"""Canary releases with callers: a good release takes over; a bad one is rolled back, or never reaches a caller."""

from collections.abc import Iterator

import pytest

from tests.local.release_stack import BROKEN_FOR_CALLERS, CRASHES_FOR_CALLERS, MINUTE, WRONG_ANSWERS, Scene

pytestmark = pytest.mark.xdist_group("scenarios by hand")
FIVE_MINUTES = 5 * MINUTE
ADDED = {"timestamp": "2026-11-28T00:00:00Z", "traceId": "1-67487c00-0", "tenantId": "t"}
COMPLETE = ["intended", "moved previous", "shifting live", "verified", "moved live"]
"""The records of a release; two functions write "shifting live" and "verified", in either order."""


@pytest.fixture(params=["always", "weighted"])
def reading(scene: Scene, request: pytest.FixtureRequest) -> Iterator[str]:
    """Both readings of AWS: when metrics have ExecutedVersion, and which members Lambda adds to lines."""
    with scene.cloud.variants(executed_version=request.param, log_keys=ADDED if request.param == "weighted" else {}):
        yield str(request.param)


@pytest.mark.usefixtures("reading")
def test_a_good_release_takes_a_tenth_then_all_and_no_call_fails(scene: Scene) -> None:
    """During a canary each call gets a complete answer of the old or of the new release."""
    old = scene.standing(scene.versions[0])
    before, known = scene.cloud.now(), scene.newest()

    with scene.callers() as met:
        new = scene.start(scene.versions[1], "--reason", "better")
        scene.until(lambda: scene.identity(new) in met.identities)
        assert scene.alias() == old
        scene.cloud.advance(FIVE_MINUTES)
        scene.until(lambda: scene.alias() == new and not scene.weights())
        scene.until(lambda: sorted(scene.since(known)) == sorted(COMPLETE))
        after = met.calls
        scene.until(lambda: met.calls > after + 20)

    assert (scene.since(known)[0], scene.since(known)[-1]) == ("intended", "moved live")
    assert met.failed == 0
    assert set(met.identities) == {scene.identity(old), scene.identity(new)}
    assert scene.alias("previous") == old
    assert scene.live_at(before) == old
    assert scene.live_at(scene.cloud.now()) == new
    scene.check_record()


@pytest.mark.usefixtures("reading")
@pytest.mark.parametrize("change", [BROKEN_FOR_CALLERS, CRASHES_FOR_CALLERS], ids=["answers 500", "crashes"])
def test_a_release_that_fails_callers_is_rolled_back_and_only_its_share_of_calls_failed(
    scene: Scene, change: str
) -> None:
    """The hook cannot see what only callers' requests do; the alarm sees the new release alone."""
    old = scene.standing(scene.versions[0])
    scene.code(change)
    new = scene.start("--code", "--reason", "new code")
    scene.early()
    shared, known = scene.cloud.now(), scene.newest()

    met = scene.calls(400)
    scene.cloud.advance(MINUTE + 15)
    scene.until(lambda: scene.alias() == old and not scene.weights())
    after = scene.calls(40)

    assert 10 <= met.failed <= 100  # a tenth of 400, within more than five standard deviations
    assert set(met.identities) == {scene.identity(old)}
    assert (after.calls, after.failed) == (40, 0)
    scene.until(lambda: sorted(scene.since(known)) == ["failed live", "moved live"])
    failed, moved = scene.history()[-2:]
    assert (failed["now"]["release"], moved["now"]["release"]) == (new, old)
    assert f"{scene.outputs['CanaryAlarms'].split(',')[0]}" in failed["why"]
    assert moved["by"] == "codedeploy"
    assert scene.live_at(shared) == scene.live_at(scene.cloud.now()) == old
    scene.check_record()


def test_a_release_that_crashes_for_every_call_is_rolled_back_without_the_dimension_of_its_version(
    scene: Scene,
) -> None:
    """At 100 % calls may have no ExecutedVersion: the alarm `errors`, and who answers it, count those of the alias."""
    old = scene.standing(scene.versions[0])
    name = scene.outputs["CanaryAlarms"].split(",")[0].replace("canary-errors", "errors")
    scene.cloud.advance(2 * FIVE_MINUTES)  # the failures of an earlier scenario are over
    scene.until(lambda: scene.alarm(name) == "OK")
    scene.code(CRASHES_FOR_CALLERS)
    with scene.cloud.variants(executed_version="weighted", log_keys=ADDED):
        scene.release("--code")
        scene.cloud.advance(MINUTE + 15)  # a crash in the minute of the release may be one of the release before
        assert scene.calls(60).failed == 60  # with fewer than 50 calls respond does nothing
        scene.cloud.advance(MINUTE + 15)
        scene.until(lambda: scene.alarm(name) == "ALARM")
        scene.until(lambda: scene.alias() == old)

    assert scene.calls(20).failed == 0
    scene.check_record()


def test_a_release_that_answers_wrongly_never_reaches_a_caller(scene: Scene) -> None:
    """The hook's golden rows detect it; `--wait` ends with exit code 4 and the reason."""
    old = scene.standing(scene.versions[0])
    scene.code(WRONG_ANSWERS)

    with scene.callers() as met:
        done = scene.fairlead("release", "--code", "--strategy", "all-at-once", "--wait")

    assert done.exit_code == 4
    assert "golden rows: the answers of version" in done.stderr
    assert f"live is release {old}" in done.stderr
    assert (met.failed, set(met.identities)) == (0, {scene.identity(old)})
    assert scene.alias() == old
    scene.check_record()
    [evidence] = [one["evidence"] for one in scene.history(8) if one["key"].endswith(":verify")][-1:]
    assert {one["check"]: one["verdict"] for one in evidence["findings"]}["golden rows"] == "fail"


def test_a_hook_without_an_answer_fails_the_release_after_an_hour(scene: Scene) -> None:
    """No call reached the release, and the next release is not delayed."""
    old = scene.standing(scene.versions[0])
    with scene.cloud.faults(functions={scene.outputs["VerifyFunctionName"]: "fail"}):
        new = scene.start(scene.versions[1], hooked=False)
        scene.cloud.advance(30 * MINUTE)
        assert (scene.alias(), scene.weights(), scene.running()) == (old, {}, True)
        assert f"to release {new} is running" in scene.did("status", "iris")
        scene.cloud.advance(30 * MINUTE + 1)

    scene.until(lambda: not scene.running())
    assert (scene.alias(), scene.weights()) == (old, {})
    scene.until(lambda: "timed out" in scene.history()[-2]["why"])
    scene.check_record()
    assert scene.release(scene.versions[1]) == new


def test_a_rollback_of_codedeploy_to_the_last_deployed_release_is_corrected(scene: Scene) -> None:
    """An operator left that release because it was bad, without a deployment; no hook and no canary tries it again."""
    old = scene.standing(scene.versions[0])
    left = scene.release(scene.versions[1])
    scene.did("rollback", "iris", "--away-from", left, "--reason", "worse")
    known = scene.newest()

    with scene.cloud.variants(rollback_to="last good revision"):
        new = scene.start(scene.versions[2])
        alarm = scene.outputs["CanaryAlarms"].split(",")[0]
        scene.early()
        scene.cloud.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test")
        scene.cloud.advance(MINUTE / 3)  # CodeDeploy looks before the next evaluation resets the alarm
        scene.until(lambda: scene.since(known)[-1:] == ["moved live"] and scene.history()[-1]["by"] != "codedeploy")

    assert (scene.alias(), scene.weights()) == (old, {})
    failed, undone, found, restored = scene.history()[-4:]
    assert (failed["kind"], failed["now"]["release"]) == ("failed", new)
    assert (undone["by"], found["kind"], found["now"]["release"]) == ("codedeploy", "found", left)
    assert ":assumed-role/fairlead-RecordRole" in found["by"] == restored["by"]
    assert (restored["was"]["release"], restored["now"]["release"]) == (left, old)
    scene.check_record()
