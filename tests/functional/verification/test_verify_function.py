"""verify as CodeDeploy calls it: a real hook event in; the journal's record and CodeDeploy's answer out."""

import threading
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from fairlead.aws import clients as aws_clients
from fairlead.aws.codedeploy import Shift
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described, Record, describe_deployment
from fairlead.publishing.publish import Published
from testkit.lambda_context import event
from tests.functional.conftest import Load, Store
from tests.functional.function_app import load_function
from tests.functional.releases_here import FUNCTION, Release, ReleasesHere, edited

ARN = "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_fairlead-verify"
HOOK = event("verify")
Answer = dict[str, Any]


class Deploy:
    """CodeDeploy's side: one deployment (`info`), and the statuses that the hook sent."""

    def __init__(self) -> None:
        self.client: Any = boto3.client(
            "codedeploy", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.info: Answer = {"deploymentId": HOOK["DeploymentId"], "status": "InProgress", "creator": "user"}
        self.statuses: list[str] = []
        self.refusals: list[str] = []
        self._params: Answer = {}
        events: Any = self.client.meta.events
        events.register("provide-client-params.codedeploy", self._remember)
        events.register_first("before-call.codedeploy", self._answer)

    def deploys(self, described: Described) -> None:
        shift = Shift(function=FUNCTION, current=described.after, target=described.target, hook="verify")
        self.info["description"] = describe_deployment(described)
        self.info["revision"] = {"revisionType": "AppSpecContent", "appSpecContent": {"content": shift.appspec()}}

    def _remember(self, params: Answer, **_: Any) -> None:
        self._params = params

    def _answer(self, model: Any, **_: Any) -> tuple[Any, Answer]:
        assert self._params["deploymentId"] == HOOK["DeploymentId"]
        if model.name == "GetDeployment":
            return _answered(200, {"deploymentInfo": self.info})
        assert model.name == "PutLifecycleEventHookExecutionStatus"
        assert self._params["lifecycleEventHookExecutionId"] == HOOK["LifecycleEventHookExecutionId"]
        if self.refusals:
            return _answered(400, {"Error": {"Code": self.refusals.pop(0), "Message": "No."}})
        self.statuses.append(self._params["status"])
        return _answered(200, {})


def _answered(status: int, document: Answer) -> tuple[Any, Answer]:
    http = type("Answered", (), {"status_code": status, "headers": {}})()
    return http, {**document, "ResponseMetadata": {"HTTPStatusCode": status}}


class Stage:
    """One deployment of release 8 after 7, and the verify function."""

    def __init__(self, deploy: Deploy, here: ReleasesHere, release: Release, store: Store, app: ModuleType) -> None:
        self.deploy = deploy
        self.here = here
        self.release = release
        self.store = store
        self.app = app

    def play(self, *, milliseconds: int = 120_000) -> list[str]:
        """Call the hook as CodeDeploy does; return the statuses that it received."""
        ends = time.monotonic() + milliseconds / 1000
        lambda_context = SimpleNamespace(
            aws_request_id="1",
            function_name="CodeDeployHook_fairlead-verify",
            function_version="$LATEST",
            invoked_function_arn=ARN,
            memory_limit_in_mb=1024,
            get_remaining_time_in_millis=lambda: int((ends - time.monotonic()) * 1000),
        )
        answer = self.app.handler(HOOK, lambda_context)
        assert answer == {"status": self.deploy.statuses[-1]}
        return self.deploy.statuses

    def records(self) -> list[Record]:
        return list(Journal(S3Objects(self.store.client, self.store.env["FAIRLEAD_BUCKET"]), "fairlead").records())

    def findings(self) -> dict[str, Answer]:
        [record] = self.records()
        return {finding["check"]: finding for finding in record.evidence["findings"]}


@pytest.fixture
def stage(
    load_app: Load, shelf: Store, published: Published, again: Published, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    here, deploy = ReleasesHere(load_app), Deploy()
    here.publish("1", shelf.env)
    here.publish("7", shelf.released(published))
    release = here.publish("8", shelf.released(again))
    deploy.deploys(Described(model="penguins", version=again.manifest.version, target="8", after="7"))
    for name, value in settings(shelf).items():
        monkeypatch.setenv(name, value)
    clients = {"lambda": here.client, "codedeploy": deploy.client, "s3": shelf.client}
    monkeypatch.setattr(aws_clients, "client", lambda service, **_: clients[service])
    for key in keys(shelf):
        shelf.client.delete_object(Bucket=shelf.env["FAIRLEAD_BUCKET"], Key=key)
    return Stage(deploy, here, release, shelf, load_function("verify"))


def settings(store: Store) -> dict[str, str]:
    return {
        "FAIRLEAD_BUCKET": store.env["FAIRLEAD_BUCKET"],
        "FAIRLEAD_FUNCTION": FUNCTION,
        "FAIRLEAD_STACK": "fairlead",
        "FAIRLEAD_LATENCY_MS": "250",
        "FAIRLEAD_COLD_START_MS": "2000",
        "POWERTOOLS_SERVICE_NAME": "verify",
    }


def keys(store: Store) -> list[str]:
    listed = store.client.list_objects_v2(Bucket=store.env["FAIRLEAD_BUCKET"], Prefix="journal/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_good_release_passes_with_its_evidence_in_the_journal(stage: Stage, again: Published) -> None:
    assert stage.play() == ["Succeeded"]
    [record] = stage.records()
    assert (record.kind, record.by, record.deployment) == ("verified", ARN, HOOK["DeploymentId"])
    assert record.key == f"{HOOK['DeploymentId']}:verify"
    assert record.alias == ""  # it moved nothing
    assert record.was
    assert record.now
    assert (record.was.release, record.now.release) == ("7", "8")
    assert record.now.digest == f"sha256:{again.sha256}"
    findings = stage.findings()
    checks = ["deployment", "release", "manifest", "contents", "identity", "golden rows", "latency"]
    checks += ["cold start", "compatibility"]
    assert list(findings) == checks
    assert findings["latency"]["figures"] == {"milliseconds": 3.0, "budget": 250.0}


def test_wrong_release_is_refused_with_the_reason_in_the_journal(stage: Stage) -> None:
    stage.release.duration_ms = 900.0
    assert stage.play() == ["Failed"]
    [record] = stage.records()
    assert (record.kind, record.why) == ("failed", "latency: one row, warm 900.0 ms")
    assert stage.findings()["latency"]["verdict"] == "fail"


def test_a_crash_of_the_release_is_a_failure(stage: Stage) -> None:
    stage.release.fault = "segmentation fault"
    assert stage.play() == ["Failed"]
    assert "segmentation fault" in stage.records()[0].why


def test_a_crash_of_the_hook_is_a_failure_and_not_a_silence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.verification.trial.trial.golden_rows", lambda *_: 1 / 0)
    assert stage.play() == ["Failed"]
    [record] = stage.records()
    assert (record.kind, record.why) == ("failed", "verify: ZeroDivisionError: division by zero")
    assert list(stage.findings())[:5] == ["deployment", "release", "manifest", "contents", "identity"]


def test_a_missing_setting_is_a_failure_and_not_a_silence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIRLEAD_LATENCY_MS")
    assert stage.play() == ["Failed"]
    assert stage.records()[0].why == "deployment: FAIRLEAD_LATENCY_MS is not set"


def test_trial_that_takes_too_long_fails_before_the_timeout(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is left for the trial, which takes ten; the record and the answer have the rest."""
    monkeypatch.setattr("fairlead.verification.hook.RECORDING", 2.0)
    monkeypatch.setattr("fairlead.verification.hook.ANSWERING", 1.0)
    stage.release.answers["/model"] = lambda answer: time.sleep(10) or answer  # type: ignore[func-returns-value]
    assert stage.play(milliseconds=3500) == ["Failed"]
    [record] = stage.records()
    assert (record.kind, record.why) == ("failed", "time: no end after 0 seconds")


def test_no_time_at_all_is_a_failure(stage: Stage) -> None:
    assert stage.play(milliseconds=11_000) == ["Failed"]
    assert stage.records()[0].kind == "failed"


def refuse_writing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> bool:
        raise OSError("the bucket is gone")

    monkeypatch.setattr(S3Objects, "put_new", refused)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_trial_whose_record_cannot_be_written_fails_and_codedeploy_is_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, wrong: bool
) -> None:
    refuse_writing(stage, monkeypatch)
    stage.release.duration_ms = 900.0 if wrong else 3.0
    assert stage.play() == ["Failed"]


def test_a_journal_that_hangs_is_left_behind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    never, ended = threading.Event(), []
    monkeypatch.setattr("fairlead.verification.hook.RECORDING", 0.5)
    monkeypatch.setattr(S3Objects, "put_new", lambda *_: ended.append(never.wait(60)))
    assert stage.play() == ["Failed"]
    assert ended == []
    never.set()


def test_a_second_run_of_a_hook_repeats_the_first_ones_verdict(stage: Stage) -> None:
    """Lambda may run an event twice."""
    stage.release.duration_ms = 900.0
    stage.play()
    stage.release.duration_ms = 3.0
    assert stage.play() == ["Failed", "Failed"]
    assert len(stage.records()) == 1


@pytest.mark.parametrize("description", ["", "by hand", "fairlead: penguins@2 release 8"])
def test_a_deployment_that_is_not_ours_is_refused(stage: Stage, description: str) -> None:
    stage.deploy.info["description"] = description
    assert stage.play() == ["Failed"]
    assert "was not started by Fairlead" in stage.records()[0].why
    assert stage.here.operations == []


def test_a_description_that_names_another_release_than_the_alias_goes_to_is_refused(stage: Stage) -> None:
    """Else one release would be proved and another one released."""
    said = stage.deploy.info["description"]
    stage.deploy.deploys(Described(model="penguins", version=1, target="7", after="1"))
    stage.deploy.info["description"] = said
    assert stage.play() == ["Failed"]
    assert "moves live from 1 to 7 and describes 7 to 8" in stage.records()[0].why


@pytest.mark.parametrize("revision", [{}, {"revisionType": "String", "string": {"sha256": "0" * 64}}])
def test_an_appspec_that_codedeploy_does_not_show_is_taken_on_the_descriptions_word(
    stage: Stage, revision: Answer
) -> None:
    stage.deploy.info["revision"] = revision
    assert stage.play() == ["Succeeded"]


def test_codedeploys_own_rollback_is_never_delayed(stage: Stage) -> None:
    """Its description is CodeDeploy's own, its target served callers before, and callers wait for it."""
    stage.deploy.info |= {
        "creator": "codeDeployRollback",
        "description": "",
        "rollbackInfo": {"rollbackTriggeringDeploymentId": "d-BROKEN000"},
    }
    stage.release.fault = "broken"
    assert stage.play() == ["Succeeded"]
    assert stage.records() == []


def test_an_answer_that_was_given_before_is_no_error(stage: Stage) -> None:
    stage.deploy.statuses.append("Succeeded")
    stage.deploy.refusals = ["LifecycleEventAlreadyCompletedException"]
    assert stage.play() == ["Succeeded"]


def test_the_answer_to_codedeploy_is_retried_when_the_call_fails(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.verification.hook.time.sleep", lambda _: None)
    stage.deploy.refusals = ["InternalFailure", "InternalFailure"]
    assert stage.play() == ["Succeeded"]


def test_the_first_release_has_nothing_before_it(stage: Stage, again: Published) -> None:
    stage.deploy.deploys(Described(model="penguins", version=again.manifest.version, target="8", after="1"))
    assert stage.play() == ["Succeeded"]
    [record] = stage.records()
    assert record.was
    assert record.was.model is None
    assert stage.findings()["compatibility"]["verdict"] == "not applicable"


def test_the_log_holds_every_finding(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.release.answers["/predict"] = edited(lambda body: body["predictions"].pop())
    stage.play()
    checked = {vars(line)["check"]: vars(line)["verdict"] for line in caplog.records if line.msg == "checked"}
    assert checked["identity"] == "pass"
    assert checked["golden rows"] == "fail"
