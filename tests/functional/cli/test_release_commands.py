"""Every command from its arguments to its output, on moto and a loopback API."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta, timezone
from functools import partial
from pathlib import Path

import boto3
import joblib
import msgspec
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from fairlead_cli.main import app
from tests.functional import canary_alarms
from tests.functional.command_line import fairlead, result
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.strict_lambda import StrictLambda, deployed, outputs
from tests.hints import commands
from tests.manifests import build, stock

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("FAIRLEAD_BUCKET", "FAIRLEAD_STACK", "FAIRLEAD_API_URL", "FAIRLEAD_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("COLUMNS", "200")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield


@pytest.fixture
def stack(cloud: None) -> Stack:
    """A stack as `sam deploy` makes it: function, aliases, bucket, and outputs that name them."""
    made = deployed()
    client = boto3.Session().client("s3")
    client.create_bucket(Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    canary_alarms.make(boto3.Session().client("cloudwatch"))
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {key: {"Value": value} for key, value in outputs(made).items()},
    }
    boto3.Session().client("cloudformation").create_stack(StackName="fairlead", TemplateBody=json.dumps(template))
    return made


@pytest.fixture
def registry(stack: Stack) -> Registry:
    """churn 1 to 3 and penguins 1."""
    made = Registry(S3Objects(boto3.Session().client("s3"), stack.bucket))
    stock(made.objects)
    for _ in range(3):
        made.commit("churn", partial(build, by="ada"))
    made.commit("penguins", partial(build, model="penguins"))
    return made


@pytest.fixture
def lambda_(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> StrictLambda:
    strict, plain = StrictLambda(), clients.client
    deploys = FakeDeploys(strict)
    deploys.eager = True
    ours = {"lambda": strict.client, "codedeploy": deploys.client}
    monkeypatch.setattr(clients, "client", lambda service, **_: ours.get(service) or plain(service))
    return strict


def test_versions_without_a_name_lists_the_models(registry: Registry) -> None:
    assert result("versions") == [{"model": "churn", "latest": 3}, {"model": "penguins", "latest": 1}]
    lines = fairlead("versions").stdout.splitlines()
    assert [line.split() for line in lines] == [["model", "latest"], ["churn", "3"], ["penguins", "1"]]


def test_an_empty_registry_prints_a_line_and_exits_with_0(stack: Stack) -> None:
    done = fairlead("versions")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no model has been published yet" in done.stderr


def test_versions_lists_newest_first_and_marks_live_and_previous(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 3)

    listed = result("versions", "churn")
    table = fairlead("versions", "churn").stdout.splitlines()

    assert [(one["version"], one["role"]) for one in listed] == [(3, "live"), (2, ""), (1, "previous")]
    assert listed[0]["digest"] == f"sha256:{registry.manifest('churn', 3)[1]}"
    assert [line.split()[0] for line in table] == ["version", "3", "2", "1"]
    assert "live" in table[1]
    assert "ada" in table[1]


def test_versions_are_listed_without_a_stack_too(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_BUCKET", "registry")

    done = fairlead("versions", "churn", "--stack", "gone")

    assert done.exit_code == 0
    assert "the live release is unknown" in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_a_damaged_version_is_listed_as_such_beside_the_others(
    registry: Registry, stack: Stack, lambda_: StrictLambda
) -> None:
    boto3.Session().client("s3").put_object(
        Bucket=stack.bucket, Key="models/churn/versions/2.json", Body=b'{"schema": 9}'
    )

    listed = {one["version"]: one for one in result("versions", "churn")}

    assert "schema 9" in listed[2]["error"]
    assert "error" not in listed[1]
    assert fairlead("versions", "churn").exit_code == 0


def test_an_unknown_model_is_an_error_with_a_hint(registry: Registry) -> None:
    done = fairlead("versions", "nobody")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "there is no model 'nobody'" in done.stderr
    assert "fairlead versions" in done.stderr


def test_show_without_version_prints_the_latest(registry: Registry) -> None:
    manifest, sha256 = registry.manifest("churn", 3)

    document = result("show", "churn")
    printed = fairlead("show", "churn").stdout

    assert (document["version"], document["digest"]) == (3, f"sha256:{sha256}")
    assert document["parent"]["sha256"] == registry.manifest("churn", 2)[1]
    assert document["signature"]["inputs"][0]["name"] == "x"
    for fact in (
        sha256,
        "churn version 3",
        "version 2",
        "sklearn.svm.SVC",
        "basic, plus",
        manifest.blobs["onnx"].sha256,
    ):
        assert fact in printed


def test_versions_and_show_print_creation_in_utc(registry: Registry, stack: Stack, lambda_: StrictLambda) -> None:
    """GIVEN a manifest whose time has an offset of two hours, THEN both commands print the same moment in UTC."""
    manifest, _ = registry.manifest("churn", 3)
    east = timezone(timedelta(hours=2))
    offset = msgspec.structs.replace(manifest, created=manifest.created.astimezone(east))
    key = "models/churn/versions/3.json"
    boto3.Session().client("s3").put_object(Bucket=stack.bucket, Key=key, Body=msgspec.json.encode(offset))

    assert "+02:00" in msgspec.json.encode(offset).decode()
    assert "2026-11-23 12:00Z" in fairlead("versions", "churn").stdout.splitlines()[1]
    assert "2026-11-23 12:00:00Z by ada" in fairlead("show", "churn").stdout


def test_show_names_one_version(registry: Registry) -> None:
    assert result("show", "churn", 1)["version"] == 1
    done = fairlead("show", "churn", 9)
    assert (done.exit_code, done.stdout) == (6, "")
    assert "'churn' has no version 9" in done.stderr


def test_stack_that_is_not_deployed_names_the_command_to_run(cloud: None) -> None:
    done = fairlead("show", "churn")

    assert done.exit_code == 6
    assert "no stack 'fairlead'" in done.stderr
    assert "sam build && sam deploy" in done.stderr


def test_release_status_and_rollback_agree(registry: Registry, lambda_: StrictLambda) -> None:
    first = fairlead("release", "churn", 1, "--wait")
    assert first.stdout == "live: release 2 (churn version 1), was release 1 (no model)\n"
    assert "publishing a Lambda version" in first.stderr

    assert "is live already" in fairlead("release", "churn", 1).stdout
    assert result("release", "churn", 2, "--wait")["live"]["version"] == 2

    status = result("status", "churn")
    assert (status["live"]["release"], status["previous"]["release"]) == ("3", "2")
    assert status["live_problem"] == ""
    assert re.search(
        r"release 3 \(churn version 2\), answers; sha256:\w+…, released 2", fairlead("status", "churn").stdout
    )

    assert result("rollback", "churn", "--away-from", "3")["live"]["version"] == 1
    again = fairlead("rollback", "churn")
    assert (again.exit_code, again.stdout) == (4, "")
    assert "nothing to go back to" in again.stderr


def test_a_retired_version_is_not_served_and_versions_and_show_mark_it(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 3)
    assert result("show", "churn", 1)["retired"] is None

    done = fairlead("retire", "churn", 1, "--reason", "superseded by 3")
    again = fairlead("retire", "churn", 1)

    assert done.stdout.startswith("churn version 1 is retired: ")
    assert done.stdout.endswith(": superseded by 3\n")
    assert again.exit_code == 0
    assert again.stdout.startswith("churn version 1 was retired already: ")
    record = result("show", "churn", 1)["retired"]
    assert (record["version"], record["reason"]) == (1, "superseded by 3")
    assert record["retired_by"].startswith("arn:aws:")
    assert result("retire", "churn", 1) == record
    assert "superseded by 3" in fairlead("show", "churn", 1).stdout
    assert [(one["version"], one["role"], one["retired"]) for one in result("versions", "churn")] == [
        (3, "live", False),
        (2, "", False),
        (1, "", True),
    ]
    assert "retired" in fairlead("versions", "churn").stdout.splitlines()[3]


def test_retire_refuses_the_live_version_and_release_a_retired_one(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 3)
    fairlead("retire", "churn", 1)

    live, retired, unknown = (
        fairlead("retire", "churn", 3),
        fairlead("release", "churn", 1),
        fairlead("retire", "churn", 9),
    )

    assert (live.exit_code, live.stdout) == (4, "")
    assert "release another version first" in live.stderr
    assert (retired.exit_code, retired.stdout) == (4, "")
    assert "churn version 1 is retired" in retired.stderr
    assert unknown.exit_code == 6
    assert "'churn' has no version 9" in unknown.stderr


def test_another_model_is_released_with_switch_model_only(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 1)

    refused = fairlead("release", "penguins", 1)

    assert refused.exit_code == 4
    assert "--switch-model" in refused.stderr
    assert fairlead("release", "penguins", 1, "--switch-model").exit_code == 0
    status = fairlead("status", "churn")
    assert status.exit_code == 0
    assert "churn is not live: penguins answers" in status.stderr


def test_status_of_a_live_release_that_does_not_answer_shows_the_error(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 1)
    lambda_.answers["2"] = [{"statusCode": 503, "body": '{"detail": "churn version 1 cannot be loaded (integrity)"}'}]

    done = fairlead("status", "churn", "--json")

    assert json.loads(done.stdout)["live_problem"] == "churn version 1 cannot be loaded (integrity)"
    assert done.exit_code == 5
    assert "cannot be loaded (integrity)" in fairlead("status", "churn").stdout


def test_status_of_a_model_that_is_not_released_is_an_error(registry: Registry, lambda_: StrictLambda) -> None:
    done = fairlead("status", "churn")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "churn is neither live nor previous" in done.stderr
    assert "`fairlead history churn`" in done.stderr


def test_status_without_a_name_shows_live_and_every_alarm_in_state_alarm_first(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 1)
    cloudwatch = boto3.Session().client("cloudwatch")
    facts = {"Namespace": "Fairlead", "MetricName": "Quality", "Period": 300, "Statistic": "Minimum"}
    needs = {"EvaluationPeriods": 1, "Threshold": 0.5, "ComparisonOperator": "LessThanThreshold"}
    for name in ("fairlead-quality", "fairlead-calm"):
        cloudwatch.put_metric_alarm(AlarmName=name, **facts, **needs)
    cloudwatch.set_alarm_state(AlarmName="fairlead-quality", StateValue="ALARM", StateReason="accuracy fell")

    lines = fairlead("status").stdout.splitlines()

    assert lines[0].startswith("ALARM")
    assert "fairlead-quality" in lines[0]
    assert lines[0].endswith("accuracy fell")
    assert lines[1].split(maxsplit=1)[1].startswith("release 2 (churn version 1), answers")
    assert not any("fairlead-calm" in line for line in lines)


def test_status_of_a_stack_without_a_model_names_the_next_command(registry: Registry, lambda_: StrictLambda) -> None:
    done = fairlead("status")

    assert done.exit_code == 5
    assert "next: fairlead release NAME VERSION" in done.stderr


def test_publish_proves_stores_and_names_the_next_command(
    registry: Registry, lambda_: StrictLambda, tmp_path: Path
) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    X, y = load_iris(return_X_y=True, as_frame=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(X, y), tmp_path / "iris.joblib")
    X.assign(species=y).to_csv(tmp_path / "held_out.csv", index=False)
    arguments = ["publish", tmp_path / "iris.joblib", "--name", "iris", "--data", tmp_path / "held_out.csv"]
    fairlead("release", "churn", 1)

    done = fairlead(*arguments, "--target", "species")
    document = result(*arguments, "--target", "species", "--engine", "onnx")

    assert done.exit_code == 0, done.stderr
    last = done.stdout.splitlines()[-4:]
    assert last[0] == "published iris version 1"
    assert last[1].startswith("gate: ")
    assert last[2] == "next: fairlead release iris 1 --switch-model"
    assert last[3].startswith("engine onnx: parity proved on ")
    assert "· inferring the signature" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["champion", *["no", "other", "version", "of", "this", "model", "is", "in", "service", "n/a"]] in lines
    assert (document["version"], document["digest"]) == (2, f"sha256:{registry.manifest('iris', 2)[1]}")


def test_champion_is_the_live_version_not_the_latest(registry: Registry, lambda_: StrictLambda, tmp_path: Path) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    X, y = load_iris(return_X_y=True, as_frame=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(X, y), tmp_path / "iris.joblib")
    X.assign(species=y).to_csv(tmp_path / "held_out.csv", index=False)
    arguments = [tmp_path / "iris.joblib", "--name", "iris", "--data", tmp_path / "held_out.csv", "--target", "species"]

    def compared() -> str:
        found = result("validate", *arguments, "--stack", "fairlead")["findings"]
        return next(f"{one['finding']}: {one['detail']}" for one in found if one["check"] == "champion")

    assert "next: fairlead release iris 1\n" in fairlead("publish", *arguments).stdout
    assert "against version 1: " in compared()
    assert "it is the registry's latest, because stack fairlead serves no model" in compared()
    fairlead("release", "iris", 1)
    assert "next: fairlead release iris 2\n" in fairlead("publish", *arguments).stdout
    assert "against version 1: " in compared()
    assert "it is live on stack fairlead" in compared()
    assert result("show", "iris", 2)["champion"] == 1
    fairlead("release", "iris", 2)
    assert "against version 2: " in compared()


def test_publish_refuses_a_bad_name_before_reading_anything(registry: Registry) -> None:
    done = fairlead("publish", "nowhere.joblib", "--name", "Bad Name", "--data", "nowhere.csv")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "'Bad Name' is not a model name" in done.stderr
    assert "bad-name" in done.stderr


def test_publish_refuses_a_file_that_is_not_there(registry: Registry, tmp_path: Path) -> None:
    done = fairlead("publish", tmp_path / "no.joblib", "--name", "iris", "--data", tmp_path / "no.csv")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "no.joblib" in done.stderr


ELSEWHERE = frozenset({"console", "local", "retrain", "shadow", "report"})
"""Commands that need more than this stack, a local cloud, a ledger, a published report, or serve until Ctrl-C. Their
arguments parse."""
NAMED = sorted({words[1:] for _, words in commands() if len(words) > 2 and not ELSEWHERE.intersection(words)})


@pytest.mark.parametrize("command", NAMED, ids=" ".join)
def test_command_named_in_a_message_works(
    registry: Registry,
    lambda_: StrictLambda,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two releases are there. A refusal of the product is an answer; a usage error or a defect is not."""
    for name in ("samconfig.toml", "template.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)  # some write files
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 2)

    done = fairlead(*command)

    assert done.exit_code in {0, 4}, done.stderr
    assert "unexpected" not in done.stderr


def test_a_notebook_releases_and_shows_what_is_live(registry: Registry, lambda_: StrictLambda) -> None:
    from fairlead.notebook.verbs import release

    first = release("churn", 1)
    second = release("churn", 2, reason="new rows")

    assert (first.live.version, second.live.version) == (1, 2)
    assert "(churn version 2), was" in second._repr_html_()
    assert "is live already" in release("churn", 2)._repr_html_()


def completed(monkeypatch: pytest.MonkeyPatch, words: str) -> list[str]:
    """Return the completions that bash offers after these words."""
    monkeypatch.setenv("_FAIRLEAD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"fairlead {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(f"fairlead {words}".split(" ")) - 1))
    done = CliRunner().invoke(app, [], prog_name="fairlead")
    return done.stdout.split()


def test_the_shell_completes_models_and_versions(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "show ") == ["churn", "penguins"]
    assert completed(monkeypatch, "release pe") == ["penguins"]
    assert completed(monkeypatch, "release churn ") == ["3", "2", "1"]
    assert completed(monkeypatch, "report --stack fairlead churn 2") == ["2"]


def test_the_shell_completes_nothing_without_a_stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "show --stack gone ") == []
    assert completed(monkeypatch, "release churn ") == []
