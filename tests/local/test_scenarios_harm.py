"""Failing probes, refused releases and broken rollback targets fail no call of a caller."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.local.release_stack import MINUTE, Met, Scene

pytestmark = pytest.mark.xdist_group("scenarios")

HEALTH = {
    "resource": "/health", "path": "/health", "httpMethod": "GET", "headers": {}, "multiValueHeaders": {},
    "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": None,
    "requestContext": {"resourcePath": "/health", "httpMethod": "GET", "requestId": "probe", "identity": {}},
    "body": None, "isBase64Encoded": False,
}  # fmt: skip


@contextmanager
def unguarded(s3: Any, bucket: str) -> Iterator[None]:
    """Remove the bucket's policy in the block: it denies even an administrator to delete or replace a manifest."""
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    try:
        yield
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


@contextmanager
def broken(scene: Scene, key: str, how: str) -> Iterator[None]:
    """Delete or change one object of the registry in the block, as an administrator without the bucket's policy could.

    The changed bytes are not JSON: the first reader of a manifest has no digest to compare with.
    """
    s3, bucket = scene.cloud.client("s3"), scene.outputs["BucketName"]
    data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with unguarded(s3, bucket):
        if how == "missing":
            s3.delete_object(Bucket=bucket, Key=key)
        else:
            s3.put_object(Bucket=bucket, Key=key, Body=data + b"}")
    try:
        yield
    finally:
        with unguarded(s3, bucket):
            s3.put_object(Bucket=bucket, Key=key, Body=data)


def key_of(scene: Scene, version: int, what: str) -> str:
    manifest = f"models/iris/versions/{version}.json"
    if what == "manifest":
        return manifest
    s3 = scene.cloud.client("s3")
    facts = json.loads(s3.get_object(Bucket=scene.outputs["BucketName"], Key=manifest)["Body"].read())
    return f"blobs/sha256/{facts['blobs'][facts['engine']['blob'] if what == 'engine' else what]['sha256']}"


def newest_release(scene: Scene) -> str:
    pages = scene.cloud.client("lambda").get_paginator("list_versions_by_function")
    found = [one["Version"] for page in pages.paginate(FunctionName=scene.function) for one in page["Versions"]]
    return str(max(int(number) for number in found if number != "$LATEST"))


def refused_attempt(scene: Scene, change: str) -> str:
    """Try to release code that cannot load; return the Lambda version that the attempt left behind."""
    scene.code(change)
    done = scene.fairlead("release", "--code", "--strategy", "all-at-once", "--wait")
    assert done.exit_code == 4, done.output
    scene.code()
    return newest_release(scene)


def alarm(scene: Scene) -> tuple[str, list[str]]:
    """Return the state of the alarm `errors`, and its changes of state."""
    cloudwatch = scene.cloud.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=["fairlead-errors"])["MetricAlarms"]
    history = cloudwatch.describe_alarm_history(AlarmName="fairlead-errors", HistoryItemType="StateUpdate")
    return found["StateValue"], [one["HistorySummary"] for one in history["AlarmHistoryItems"]]


def probe(scene: Scene, release: str, times: int = 20) -> None:
    """Invoke a release by its number, as status, hook and shadows do; each answer is a failure."""
    functions = scene.cloud.client("lambda")
    for _ in range(times):
        said = functions.invoke(FunctionName=scene.function, Qualifier=release, Payload=json.dumps(HEALTH).encode())
        answer = json.loads(said["Payload"].read())
        assert answer.get("statusCode", 500) >= 500, answer


def decided(scene: Scene, known: int) -> list[dict[str, Any]]:
    return [one for one in scene.history() if one["number"] > known and one["kind"] == "decided"]


def test_probes_that_fail_in_every_phase_of_a_release_harm_no_call_and_move_nothing(scene: Scene) -> None:
    """Live is fresh and the release before answers. The response would act on this, but live itself has no fault."""
    scene.standing(scene.versions[0])
    scene.release(scene.versions[1])
    failing = refused_attempt(scene, "\ndef handler(event, context):\n    return {'statusCode': 503, 'body': ''}\n")
    known, rang = scene.newest(), alarm(scene)[1]

    def phase(met: Met) -> None:
        before = met.calls
        probe(scene, failing)
        scene.until(lambda: met.calls > before + 30)
        scene.cloud.advance(6 * MINUTE)

    with scene.callers() as met:
        old = scene.alias()
        phase(met)  # no deployment is running
        new = scene.start(scene.versions[0], hooked=False)
        probe(scene, failing)  # while the hook tries the release
        scene.until(lambda: scene.weights() == {new: 0.1} or scene.alias() == new)
        phase(met)  # while the alias has weights
        scene.until(lambda: scene.alias() == new and not scene.weights())
        phase(met)  # after it

    assert met.failed == 0, met.statuses
    assert set(met.identities) == {scene.identity(old), scene.identity(new)}
    assert alarm(scene) == ("OK", rang)
    assert decided(scene, known) == []
    scene.check_record()


@pytest.mark.parametrize(("what", "how"), [("engine", "missing"), ("golden", "edited")])
def test_a_release_that_cannot_be_read_is_refused_in_time_and_harms_no_call(scene: Scene, what: str, how: str) -> None:
    live = scene.standing(scene.versions[0])
    with broken(scene, key_of(scene, scene.versions[2], what), how), scene.callers() as met:
        done = scene.fairlead("release", "iris", scene.versions[2], "--strategy", "all-at-once", "--wait")
        assert done.exit_code != 0, done.output
        scene.cloud.advance(6 * MINUTE)
        before = met.calls
        scene.until(lambda: met.calls > before + 10)

    assert (met.failed, set(met.identities)) == (0, {scene.identity(live)}), met.statuses
    assert (scene.alias(), alarm(scene)[0]) == (live, "OK")


@pytest.mark.parametrize(("what", "how"), [("manifest", "edited"), ("engine", "missing")])
def test_a_warm_target_that_cannot_cold_start_is_refused_and_the_next_one_is_named(
    scene: Scene, what: str, how: str
) -> None:
    """It answers all the while. By hand and by the system's own response, which is called as an alarm calls it."""
    good = scene.standing(scene.versions[0])
    target = scene.release(scene.versions[1])
    live = scene.release(scene.versions[2])
    assert scene.alias("previous") == target

    with broken(scene, key_of(scene, scene.versions[1], what), how), scene.callers() as met:
        for more in ((), ("--to", f"r{target}")):
            done = scene.fairlead("rollback", "iris", *more)
            assert done.exit_code == 4, done.output
            assert f"release {target} (iris version {scene.versions[1]}) cannot cold start" in done.stderr
            if int(good) < int(target):
                assert "fairlead rollback iris --to r" in done.stderr
        respond(scene)
        before = met.calls
        scene.until(lambda: met.calls > before + 10)

    assert (met.failed, set(met.identities)) == (0, {scene.identity(live)}), met.statuses
    assert scene.alias() == live
    [last] = [one for one in scene.history(8) if one["kind"] == "decided"][-1:]
    assert last["evidence"]["action"] == "nothing"
    assert "cannot cold start" in last["evidence"]["facts"]["obstacle"]
    scene.check_record()


def respond(scene: Scene) -> None:
    """Call the respond function with the event of `errors` in ALARM, with its own role's rights."""
    cloudwatch = scene.cloud.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=["fairlead-errors"])["MetricAlarms"]
    at = scene.cloud.now()
    event = {
        "source": "aws.cloudwatch", "alarmArn": found["AlarmArn"], "time": written(at),
        "alarmData": {"alarmName": "fairlead-errors", "state": {"value": "ALARM", "reason": "as played"}},
    }  # fmt: skip
    answer = scene.cloud.client("lambda").invoke(FunctionName="fairlead-respond", Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


def written(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def test_a_target_that_never_loads_is_refused_and_harms_no_call(scene: Scene) -> None:
    live = scene.standing(scene.versions[0])
    target = refused_attempt(scene, "\nraise RuntimeError('a defect at start')\n")

    with scene.callers() as met:
        done = scene.fairlead("rollback", "iris", "--to", f"r{target}")

    assert done.exit_code == 4
    assert "a defect at start" in done.stderr
    assert (met.failed, set(met.identities)) == (0, {scene.identity(live)}), met.statuses
    assert scene.alias() == live


def test_failing_live_release_is_rolled_back_to_one_that_can_start(scene: Scene) -> None:
    """The opposite case: the alarm counts the failures of callers, and the response acts on live's own figures."""
    old = scene.standing(scene.versions[0])
    scene.code(FAILS_FROM_THE_HUNDREDTH)
    new = scene.release("--code", "--reason", "new code")
    scene.cloud.advance(16 * MINUTE)
    scene.early()
    scene.calls(120)
    met = scene.calls(80)
    assert met.failed > 40, "each environment counts its own calls"
    scene.cloud.advance(6 * MINUTE)

    scene.until(lambda: scene.alias() == old)
    after = scene.calls(20)

    assert (after.calls, after.failed) == (20, 0)
    [response] = [one for one in scene.history(8) if one["kind"] == "decided"][-1:]
    assert (response["evidence"]["rule"], response["was"]["release"]) == ("fresh release broke", new)
    assert response["evidence"]["facts"]["error_share"] > 0.05
    scene.check_record()


FAILS_FROM_THE_HUNDREDTH = """
_whole, _read, _asked = handler, http.json_body, 0


def _broken(_):
    raise RuntimeError("a defect that shows late")


def handler(event, context):
    global _asked
    if event["requestContext"].get("accountId"):
        _asked += 1
    http.json_body = _broken if _asked > 10 else _read
    return _whole(event, context)
"""
