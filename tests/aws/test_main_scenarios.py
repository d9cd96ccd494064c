"""The main scenarios of a stack's life, written once for two clouds; each continues where the one before ended."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.clouds import until
from tests.aws.deployed import FOREVER, MODEL, Deployed, X, Y
from tests.aws.observations import Observations
from tests.local.support import Answer

MINUTE = 60.0
PROBLEM = ("content-type", "x-amzn-errortype")


def test_doctor_without_a_stack_says_that_it_is_missing(stack: Deployed) -> None:
    found = _diagnosed(stack)
    assert (found["credentials"], found["stack"]) == ("ok", "missing")
    if stack.cloud.name == "aws":
        assert found["log-role"] == "ok", "deploy bootstrap.yaml first: docs/how-to/deploy-to-aws.md, step 1"


def test_first_deploy_succeeds(stack: Deployed, observations: Observations) -> None:
    stack.deploy()
    stack.add_roles()
    found = _diagnosed(stack)
    assert [found[check] for check in ("stack", "version", "policies")] == ["ok", "ok", "ok"]
    health = until(stack.cloud, lambda: _settled(stack.call("/health", method="GET")), within=FOREVER)
    observations.note("a stack before its first release", status=health.status, code=health.json["code"])


def test_publisher_publishes_and_operator_releases_first_version(stack: Deployed) -> None:
    assert stack.publish(1.0) == 1
    stack.did("release", MODEL, 1, "--wait")
    assert stack.call().json["version"] == 1


def test_batch_job_answers_every_row_once_and_its_sample_counts(stack: Deployed) -> None:
    stack.add_rows()
    places = ("--input", f"s3://{stack.rows}/in/*.csv", "--output", f"s3://{stack.rows}/out/")
    job = ("batch", MODEL, *places, "--capture", "--json")
    done = json.loads(stack.did(*job, who="analyst"))
    assert (done["version"], done["rows"], done["answered"], done["chunks"]) == (1, len(X), len(X), 1)
    assert json.loads(stack.did(*job, who="analyst")) == done

    def counted() -> bool:
        found = stack.result("monitor", MODEL)["views"]
        return any(one["version"] == 1 and one["labels"]["predictions"] >= len(X) for one in found)

    until(stack.cloud, counted, within=FOREVER)


def test_unsigned_and_foreign_callers_are_refused(stack: Deployed, observations: Observations) -> None:
    signed = stack.call()
    assert (signed.status, len(signed.json["predictions"])) == (200, 1)
    unsigned, foreign = stack.call(who=None), stack.call(who="foreign")
    assert (unsigned.status, foreign.status) == (403, 403)
    observations.note("an unsigned call", **_refusal(unsigned))
    observations.note("a call without a policy", **_refusal(foreign))
    observations.note("a caller reports outcomes", **_refusal(stack.call("/feedback", body={"outcomes": []})))
    observations.note("a path without a route", **_refusal(stack.call("/nothing/at/all", method="GET")))
    observations.note("a body beyond ten megabytes", status=stack.call(body=b" " * 10_500_000).status)


def test_release_reaches_half_of_callers_for_a_minute_then_all(stack: Deployed, observations: Observations) -> None:
    assert stack.publish(2.0) == 2
    old = stack.alias()["FunctionVersion"]
    started = stack.result("release", MODEL, 2, "--strategy", "custom")["release"]["release"]
    until(stack.cloud, lambda: _weights(stack) == {started: 0.5}, within=FOREVER, step=2)
    met = stack.calls(60)
    assert {status for status, _ in met} == {200}
    assert {release for _, release in met} == {old, started}
    until(stack.cloud, lambda: stack.alias()["FunctionVersion"] == started and not _weights(stack), within=FOREVER)
    until(stack.cloud, lambda: _journal(stack)[-1]["kind"] == "moved", within=FOREVER)
    observations.note("journal of a canary", records=[f"{one['kind']} {one['alias']}" for one in _journal(stack)[-5:]])


def test_pinned_version_answers_beside_the_live_one(stack: Deployed) -> None:
    assert stack.call("/predict?version=1").json["version"] == 1
    assert stack.call("/versions/1/predict").json["version"] == 1
    assert stack.call().json["version"] == 2


def test_outcomes_reach_ledger_and_gauges(stack: Deployed) -> None:
    answers = stack.call(body={"instances": X.iloc[::5].to_dict("records")}).json
    outcomes = [
        {"prediction_id": one["id"], "actual": int(actual)}
        for one, actual in zip(answers["predictions"], Y.iloc[::5], strict=True)
    ]
    reported = stack.call("/feedback", who="reporter", body={"outcomes": outcomes})
    assert reported.status == 200, reported.body
    assert {one["status"] for one in reported.json["results"]} == {"recorded"}

    def counted() -> bool:
        found = stack.result("monitor", MODEL)["views"]
        return any(one["version"] == 2 and one["labels"]["outcomes"] >= len(outcomes) for one in found)

    until(stack.cloud, counted, within=FOREVER)
    until(stack.cloud, lambda: _gauge(stack, "Outcomes") >= len(outcomes), within=FOREVER, step=MINUTE)


def test_captured_lines_have_only_known_members(stack: Deployed, observations: Observations) -> None:
    group = f"/aws/lambda/{stack.outputs['PredictFunctionName']}"
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [json.loads(one["message"]) for page in pages for one in page["events"] if '"capture"' in one["message"]]
    captured = [line for line in lines if line.get("event") == "capture"]
    assert captured
    observations.note("a captured line", members=sorted(captured[-1]))


def test_records_cannot_be_deleted_even_by_an_administrator(stack: Deployed, observations: Observations) -> None:
    for subject, prefix in (("delete a version", "models/"), ("delete a journal record", "journal/")):
        code = _delete_code(stack, prefix)
        assert code != "deleted", subject
        observations.note(subject, code=code)


def test_release_that_fails_callers_is_rolled_back_by_its_alarm(stack: Deployed, observations: Observations) -> None:
    good = stack.alias()["FunctionVersion"]
    stack.spoil()
    bad = stack.result("release", "--code", "--strategy", "canary-10-10m")["release"]["release"]
    until(stack.cloud, lambda: _weights(stack) == {bad: 0.1}, within=FOREVER, step=2)
    began, failed, met = time.monotonic(), 0, 0

    def undone() -> bool:
        nonlocal failed, met
        if not _weights(stack) and stack.alias()["FunctionVersion"] == good:
            return True
        statuses = stack.calls(100)
        failed += sum(count for (status, _), count in statuses.items() if status >= 500)
        met += sum(statuses.values())
        return False

    until(stack.cloud, undone, within=10 * MINUTE, step=10.0)
    assert 0 < failed < met / 4, f"{failed} of {met} calls failed"
    assert {status for status, _ in stack.calls(20)} == {200}
    until(stack.cloud, lambda: "failed" in {one["kind"] for one in _journal(stack)[-3:]}, within=FOREVER)
    [why] = [one["why"] for one in _journal(stack)[-3:] if one["kind"] == "failed"]
    observations.note("a canary that fails", reason_names_alarm=f"{stack.name}-canary-errors" in why)
    if stack.cloud.name == "aws":
        print(f"rolled back {time.monotonic() - began:.0f} s after the first failing calls")  # noqa: T201 - the report


def test_retraining_is_ordered_and_answered(stack: Deployed) -> None:
    """With few outcomes the order is accepted, and the guards refuse it with a reason in the history."""
    done = stack.fairlead("retrain", MODEL)
    assert done.returncode == 0, done.stdout + done.stderr
    until(stack.cloud, lambda: any(one["record"].startswith("retrain/") for one in _journal(stack)), within=FOREVER)


def test_operator_rolls_back_by_hand(stack: Deployed) -> None:
    before = stack.alias()["FunctionVersion"]
    first = next(one["now"]["release"] for one in _journal(stack) if (one["kind"], one["alias"]) == ("moved", "live"))
    stack.did("rollback", MODEL, "--to", f"r{first}", "--reason", "the suite tries it")
    assert stack.alias()["FunctionVersion"] != before
    assert stack.call().json["release"] == stack.alias()["FunctionVersion"]


def test_history_is_whole(stack: Deployed) -> None:
    assert stack.result("history", MODEL, "--verify")["problems"] == []


def _diagnosed(stack: Deployed) -> dict[str, str]:
    """Return the doctor's verdicts by check."""
    checks = json.loads(stack.fairlead("doctor", "--json", who="admin").stdout)["checks"]
    return {one["check"]: one["verdict"] for one in checks}


def _settled(answer: Answer) -> Answer | None:
    """Return an answer of the function; None while a new policy is not in effect yet."""
    return answer if answer.status != 403 else None


def _weights(stack: Deployed) -> dict[str, float]:
    found: dict[str, float] = stack.alias().get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return found


def _journal(stack: Deployed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.result("history", MODEL, "--limit", 50)
    return found[::-1]


def _refusal(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "code": answer.json.get("code"),
        **{name: answer.headers.get(name) for name in PROBLEM},
    }


def _gauge(stack: Deployed, name: str) -> float:
    now = datetime.now(UTC)
    found = stack.cloud.client("cloudwatch").get_metric_statistics(
        Namespace=f"Fairlead/{stack.name}", MetricName=name, Dimensions=[{"Name": "service", "Value": "monitor"}],
        StartTime=now - timedelta(hours=6), EndTime=now + timedelta(hours=6), Period=3600, Statistics=["Maximum"],
    )  # fmt: skip
    return max((float(one["Maximum"]) for one in found["Datapoints"]), default=0.0)


def _delete_code(stack: Deployed, prefix: str) -> str:
    s3, bucket = stack.cloud.client("s3"), stack.outputs["BucketName"]
    key = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["Contents"][0]["Key"]
    try:
        s3.delete_object(Bucket=bucket, Key=key)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "deleted"
