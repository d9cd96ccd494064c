"""fairlead monitor over a stack, a ledger, a journal and alarms on moto: the real ways between them."""

import json
import os
import random
import re
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from fairlead.aws.s3 import S3Objects
from fairlead.feedback.ledger import Outcome
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.release import Release
from fairlead.publishing.publish import Published
from fairlead.telemetry import capture
from fairlead.telemetry.outcomes import pairs
from fairlead_cli.main import app
from tests.functional.aws.test_stack import OUTPUTS
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import Loop, Traffic
from tests.functional.monitored import rows, stocked

MINUTE = 60_000


@pytest.fixture(scope="module")
def here(s3_url: str, shelf: Store, published: Published) -> Loop:
    """Six callers asked within two hours, and half of their rows have an outcome."""
    here = Loop(stocked(s3_url, shelf))
    traffic, dice, now = Traffic(here.store, published), random.Random(3), int(time.time() * 1000)  # noqa: S311
    objects = S3Objects(here.store.client, here.store.env["FAIRLEAD_BUCKET"])
    scorer = Scorer(here.ledger, KnownVersions(objects))
    for number in range(6):
        drawn, request, at = (
            rows(24, dice),
            str(uuid.UUID(int=dice.getrandbits(128))),
            now - (10 + 18 * number) * MINUTE,
        )
        lines = traffic.lines([row for row, _ in drawn], request=request, at=at, caller=f"caller {number}")
        scorer.take([capture.decode(line) for line in lines])
        reported = [
            Outcome(request=request, row=place, actual=species, at=at + MINUTE, by="ada")
            for place, (_, species) in enumerate(drawn)
            if place % 2
        ]
        _, parts, kept = here.ledger.record_outcomes(reported)
        scorer.score(pairs(parts, kept))
    return here


@pytest.fixture
def stack(here: Loop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stack whose outputs lead to them, with an alarm that stands."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
        monkeypatch.delenv(name)
    for name, value in here.store.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("FAIRLEAD_BUCKET")
    name = f"monitored-{os.urandom(4).hex()}"
    live = Release(release="2", model="penguins", version=1, digest="", code_sha256="", modified="")
    journal = Journal(S3Objects(here.store.client, here.store.env["FAIRLEAD_BUCKET"]), name)
    journal.append(Draft(kind="moved", by="user/ada", why="the first one", alias="live", was=None, now=live))
    journal.append(Draft(kind="decided", by="respond", why="too few outcomes are known", model="penguins", version=1))
    outputs = OUTPUTS | {"BucketName": here.store.env["FAIRLEAD_BUCKET"], "LedgerTable": here.table}
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudwatch: Any = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{name}-label-coverage", Namespace="Fairlead", MetricName="LabelCoverage", Statistic="Minimum",
        Period=300, EvaluationPeriods=1, Threshold=0.9, ComparisonOperator="LessThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=f"{name}-label-coverage", StateValue="ALARM", StateReason="half are missing")
    return name


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_terminal_says_how_the_live_version_does(stack: str) -> None:
    done = fairlead("monitor", "penguins", "--hours", 3, "--stack", stack)
    assert done.exit_code == 0, done.output
    for said in ("1 live", "144", "72", "50%", "accuracy", "no evidence that it is worse", "drift of version 1"):
        assert said in done.stdout
    assert f"{stack}-label-coverage" in done.stdout
    assert "too few outcomes are known" in done.stdout
    assert re.search(r"moved live +r2 penguins@1 +the first one", done.stdout)
    assert "bill_length_mm" in done.stdout


def test_json_holds_all_of_it_and_html_is_a_page(stack: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = fairlead("monitor", "penguins", "--hours", 3, "--stack", stack, "--json", "--html", page)
    said = json.loads(done.stdout)
    [view] = said["views"]
    assert (said["live"], view["version"], view["live"]) == (1, 1, True)
    assert view["labels"]["predictions"] == 144
    assert view["quality"]["figures"]["accuracy"]["value"] > 0.9
    assert [record["kind"] for record in said["records"]] == ["decided", "moved"]
    assert datetime.fromisoformat(said["at"]) <= datetime.now(UTC)
    assert page.read_text().startswith("<!doctype html>")


def test_monitor_of_a_model_without_requests_or_of_an_unknown_model_says_so(stack: str, here: Loop) -> None:
    quiet = fairlead("monitor", "penguins", "--hours", 1, "--stack", stack)
    assert quiet.exit_code == 0
    done = fairlead("monitor", "whales", "--stack", stack)
    assert done.exit_code != 0
    assert "no model 'whales'" in done.stderr


def test_a_notebook_gets_the_same_overview_and_shows_its_page(stack: str) -> None:
    from fairlead.notebook.verbs import monitor

    overview = monitor("penguins", hours=3, stack=stack)

    assert [view.version for view in overview.views] == [1]
    page = overview._repr_html_()
    assert page.startswith("<iframe srcdoc=")
    assert "penguins: monitor" in page
    assert '"' not in page.split('"')[1], "the page cannot leave its attribute"
