"""`fairlead retrain`: on this machine with S3 and a ledger, or by starting the stack's function."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.errors import FairleadError, SettingsError
from fairlead.journal.records import Record
from fairlead.publishing.publish import publish
from fairlead.registry.store import Registry
from fairlead.retraining.types import RetrainingError
from fairlead_cli.main import app
from tests.functional.aws.test_stack import OUTPUTS, deploy
from tests.production import Production, champion, later, ledger_table, penguins

BUCKET = "registry"
TABLE = "fairlead-Ledger-1A2B3C"


@pytest.fixture(scope="module")
def version_one() -> dict[str, bytes]:
    from testkit.memory import Memory

    memory = Memory()
    publish(**champion(), registry=Registry(memory))
    return memory.objects


@pytest.fixture
def registry(version_one: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A bucket with version 1, and an empty ledger, on moto."""
    monkeypatch.setenv("FAIRLEAD_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("FAIRLEAD_STACK", raising=False)
    with ledger_table(TABLE):
        deploy("fairlead", OUTPUTS | {"BucketName": BUCKET, "LedgerTable": TABLE})
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        for key, data in version_one.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        yield Registry(S3Objects(s3, BUCKET))


def produced(registry: Registry, count: int = 300) -> None:
    client = boto3.client("dynamodb", "us-east-1")
    until = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)
    Production(registry, client, table=TABLE).run(later(count), until=until, scored=True)


def fairlead(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1"})


def test_a_local_candidate_is_printed_as_json(registry: Registry) -> None:
    produced(registry)

    done = fairlead("retrain", "penguins", "--local", "--reason", "it drifted", "--json")

    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert (printed["result"], printed["version"], printed["champion"]) == ("published", 2, 1)
    assert printed["created_by"].endswith("retrained from version 1 because it drifted")
    assert printed["next"] == "fairlead release penguins 2"
    assert registry.versions("penguins") == [1, 2]


def test_refused_retraining_shows_its_findings_and_is_in_the_history(registry: Registry) -> None:
    done = fairlead("retrain", "penguins", "--local")

    assert isinstance(done.exception, RetrainingError | SystemExit)
    assert "enough labelled rows" in done.stdout
    assert "at least 200" in done.stdout
    (record,) = journal(registry)
    assert record.kind == "decided"
    assert record.evidence["asked"] == "retrain"
    assert registry.versions("penguins") == [1]


def journal(registry: Registry) -> list[Record]:
    from fairlead.journal.journal import RETRAIN, Journal

    return list(Journal(registry.objects, "fairlead", folder=RETRAIN).tail())


def test_a_refusal_as_json_has_the_findings(registry: Registry) -> None:
    done = fairlead("retrain", "penguins", "--local", "--json")
    printed = json.loads(done.stdout)
    assert printed["error"]["code"] == "retraining"
    assert [one["finding"] for one in printed["error"]["findings"]] == ["enough labelled rows"]
    assert registry.versions("penguins") == [1]


def test_training_rows_can_be_brought(registry: Registry, tmp_path: Path) -> None:
    produced(registry)
    path = tmp_path / "train.csv"
    learnt = penguins()[0]
    learnt.X.assign(species=learnt.y).to_csv(path, index=False)

    done = fairlead("retrain", "penguins", "--local", "--train", str(path), "--trust", "*")

    assert done.exit_code == 0, done.output
    assert "published penguins version 2 by " in done.stdout
    assert "learnt 210 new rows, judged on 90 newer ones" in done.stdout


class Lambda:
    """A client of Lambda that keeps what it was asked."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def invoke(self, **sent: Any) -> dict[str, Any]:
        self.sent.append(sent)
        return {"StatusCode": 202, "Payload": io.BytesIO(), "ResponseMetadata": {"RequestId": "request-1"}}


def test_without_local_the_stacks_function_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Lambda()
    monkeypatch.setattr(clients, "client", lambda *_, **__: client)
    monkeypatch.setattr(clients, "caller", lambda: "arn:user/ada")

    done = fairlead("retrain", "penguins", "--since", "36h", "--stack", "shop", "--json")

    assert json.loads(done.stdout) == {"result": "started", "function": "shop-retrain", "request": "request-1"}
    (sent,) = client.sent
    assert (sent["FunctionName"], sent["InvocationType"]) == ("shop-retrain", "Event")
    event = json.loads(sent["Payload"])
    assert (event["model"], event["since_days"], event["by"]) == ("penguins", 1.5, "arn:user/ada")
    assert datetime.fromisoformat(event["time"]).tzinfo is not None


def test_how_to_follow_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "client", lambda *_, **__: Lambda())
    monkeypatch.setattr(clients, "caller", lambda: "arn:user/ada")

    done = fairlead("retrain", "penguins")

    assert "request-1" in done.stdout
    assert "sam logs --cw-log-group /aws/lambda/fairlead-retrain --tail" in done.stderr
    assert "fairlead history penguins" in done.stderr


@pytest.mark.parametrize(
    "options",
    [["--train", "train.csv"], ["--trust", "*"], ["--since", "3x"], ["--since", "0d"]],
    ids=" ".join,
)
def test_options_that_cannot_work_are_refused(options: list[str]) -> None:
    done = fairlead("retrain", "penguins", *options)
    assert done.exit_code == SettingsError.exit_code
    assert not isinstance(done.exception, FairleadError)
