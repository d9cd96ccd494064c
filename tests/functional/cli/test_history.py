"""fairlead history and fairlead who-was-live, from their arguments to their output, on moto."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.manifest import Forced, Manifest, Parent
from fairlead.model.release import Release, frozen_release
from fairlead.registry.store import Registry
from fairlead_cli.main import app
from tests.functional.session import connect
from tests.functional.stacks import describe
from tests.functional.strict_lambda import BASE, NAME, StrictLambda, deployed
from tests.journals import ADA, BOB, NOON, STACK, Clock, key_of
from tests.manifests import build, stock

LIFE = "1a2b3c4d-0000-4000-8000-000000000000"
CANARY = "r2 churn@1 → r3 churn@2, canary-10-10m, 10%"
OPS = "assumed-role/ops/ada"
ALARM = "ALARM_ACTIVE: alarms have been activated: <fairlead-canary-errors>"


@pytest.fixture(autouse=True)
def _stack(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of a deployed stack that these commands read; churn 2 was forced through the gate."""
    monkeypatch.setenv("FAIRLEAD_BUCKET", "registry")
    describe(deployed())
    connect("s3").put_bucket_versioning(Bucket="registry", VersioningConfiguration={"Status": "Enabled"})
    strict = StrictLambda()
    monkeypatch.setattr(clients, "client", lambda name, **_: strict.client if name == "lambda" else connect(name))


def forced(number: int, parent: Parent | None) -> Manifest:
    return msgspec.structs.replace(build(number, parent), forced=Forced(by=BOB, reason="the quarter ends"))


@pytest.fixture
def registry() -> Registry:
    """churn 1 to 3, the second forced, and penguins 1."""
    made = Registry(S3Objects(connect("s3"), "registry"))
    stock(made.objects)
    for how in (build, forced, build):
        made.commit("churn", how)
    made.commit("penguins", partial(build, model="penguins"))
    return made


def frozen(version: int, model: str = "churn") -> Release:
    """Publish what a release of this version freezes."""
    client = connect("lambda")
    identity = {
        "FAIRLEAD_MODEL": model,
        "FAIRLEAD_VERSION": str(version),
        "FAIRLEAD_MANIFEST_SHA256": f"{version:064d}",
    }
    client.update_function_configuration(FunctionName=NAME, Environment={"Variables": BASE | identity})
    number = str(client.publish_version(FunctionName=NAME)["Version"])
    facts = client.get_function_configuration(FunctionName=NAME, Qualifier=number)
    return frozen_release(number, BASE | identity, code_sha256=facts["CodeSha256"], modified=facts["LastModified"])


def point(alias: str, release: Release) -> None:
    connect("lambda").update_alias(FunctionName=NAME, Name=alias, FunctionVersion=release.release)


@pytest.fixture
def recorded(registry: Registry) -> Journal:
    """Ada makes churn 1 live at noon; the canary of churn 2 is rolled back by an alarm ten minutes past one."""
    clock = Clock()
    kept = Journal(registry.objects, STACK, clock=clock)
    first, second = frozen(1), frozen(2)
    kept.append(Draft(kind="moved", alias="live", by=ADA, why="the first", now=first))
    point("live", first)
    clock.pass_(minutes=60)
    kept.append(Draft(kind="moved", alias="previous", by=ADA, now=first))
    point("previous", first)
    shift = Draft(
        kind="shifting",
        alias="live",
        by="codedeploy",
        why="better recall",
        was=first,
        now=second,
        weights={second.release: 0.1},
        deployment="d-1",
        key="d-1:START",
        evidence={"asked_by": ADA, "configuration": "CodeDeployDefault.LambdaCanary10Percent10Minutes"},
    )
    kept.append(shift)
    clock.pass_(minutes=10)
    undone = msgspec.structs.replace(shift, kind="moved", why=ALARM, was=second, now=first, weights={}, evidence={})
    kept.append(msgspec.structs.replace(undone, deployment="d-2", key="d-2:SUCCESS"))
    clock.pass_(minutes=10)
    return kept


def fairlead(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def result(*arguments: object) -> Any:
    done = fairlead(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


# --- history -------------------------------------------------------------------------------------------


def test_history_has_time_event_releases_author_and_reason(recorded: Journal) -> None:
    lines = fairlead("history", "churn").stdout.splitlines()

    assert [" ".join(line.split()) for line in lines] == [
        "when (UTC) what from → to by why",
        f"4 2026-11-22 13:10:00 moved live r3 churn@2 → r2 churn@1 codedeploy {ALARM}",
        f"3 2026-11-22 13:00:00 shifting live {CANARY} FORCED codedeploy for {OPS} better recall",
        f"2 2026-11-22 13:00:00 moved previous r2 churn@1 {OPS}",
        f"1 2026-11-22 12:00:00 moved live r2 churn@1 {OPS} the first",
    ]


def test_history_json_has_deployments_evidence_and_forced_versions(recorded: Journal) -> None:
    listed = result("history", "churn", "--limit", 2)

    assert [one["number"] for one in listed] == [4, 3]
    assert [one["forced"] for one in listed] == [None, {"by": BOB, "reason": "the quarter ends"}]
    assert listed[1]["deployment"] == "d-1"
    assert listed[1]["evidence"]["configuration"] == "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    assert listed[1]["previous"]
    assert listed[1]["now"]["version"] == 2


def test_history_is_of_one_model(recorded: Journal) -> None:
    recorded.append(Draft(kind="moved", alias="live", by=BOB, was=frozen(1), now=frozen(1, "penguins")))

    assert [one["number"] for one in result("history", "penguins")] == [5]
    assert [one["number"] for one in result("history", "churn")] == [5, 4, 3, 2, 1]


def test_a_retirement_is_in_the_history(recorded: Journal) -> None:
    recorded.append(Draft(kind="retired", by=BOB, model="churn", version=2, why="superseded"))

    assert fairlead("history", "churn", "--limit", 1).stdout.split()[-5:] == [
        "13:20:00", "retired", "churn@2", "user/bob", "superseded",
    ]  # fmt: skip


def test_a_model_that_never_moved_has_an_empty_history_and_exit_code_0(recorded: Journal) -> None:
    done = fairlead("history", "penguins")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "the journal holds no move of penguins" in done.stderr
    assert result("history", "penguins") == []


def test_the_history_of_an_unknown_model_is_an_error(recorded: Journal) -> None:
    done = fairlead("history", "chrun")

    assert done.exit_code == 6
    assert "there is no model 'chrun'" in done.stderr
    assert fairlead("history", "chrun", "--json").exit_code == 6


def test_a_limit_beyond_any_journal_shows_all_of_it(recorded: Journal) -> None:
    assert result("history", "churn", "--limit", 10**20) == result("history", "churn", "--limit", 1000)


def test_a_damaged_record_is_shown_as_such(recorded: Journal) -> None:
    connect("s3").put_object(Bucket="registry", Key=key_of(3), Body=b"{")

    done = fairlead("history", "churn")

    assert done.exit_code == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()][2] == ["3", "unreadable"]


def test_history_is_readable_with_a_missing_manifest(recorded: Journal) -> None:
    connect("s3").delete_object(Bucket="registry", Key="models/churn/versions/2.json")

    done = fairlead("history", "churn")

    assert len(done.stdout.splitlines()) == 5
    assert "whether churn version 2 was forced, or has own code, is not known" in done.stderr


def test_a_release_of_an_earlier_stack_of_the_name_is_marked(recorded: Journal) -> None:
    earlier = msgspec.structs.replace(frozen(1), life=LIFE)
    recorded.append(Draft(kind="found", alias="live", by=ADA, was=earlier, now=frozen(2)))

    done = fairlead("history", "churn", "--limit", 1)

    assert "r4 churn@1 (1a2b3c4d) → r5 churn@2 " in " ".join(done.stdout.split())
    assert done.stderr.strip() == (
        f"(1a2b3c4d): a release of an earlier stack of this name (id …{LIFE}), which had numbers of its own"
    )
    assert result("history", "churn", "--limit", 1)[0]["was"]["life"] == LIFE


def test_who_was_live_says_that_a_release_was_of_an_earlier_stack(recorded: Journal) -> None:
    recorded.append(Draft(kind="moved", alias="live", by=ADA, now=msgspec.structs.replace(frozen(1), life=LIFE)))

    now = fairlead("who-was-live", "churn", "--at", "now")
    before = fairlead("who-was-live", "churn", "--at", "2026-11-22T12:00Z")

    assert f"this release is of an earlier stack of this name (id …{LIFE})" in now.stderr
    assert before.stderr == ""


# --- history --verify ----------------------------------------------------------------------------------


def test_a_journal_in_order_verifies(recorded: Journal) -> None:
    done = fairlead("history", "churn", "--verify")

    assert (done.exit_code, done.stderr) == (0, "")
    intact = "none is missing, the hash chain is intact, and the aliases are where the journal says"
    assert done.stdout == f"4 records: {intact}\n"
    assert result("history", "churn", "--verify") == {"newest": 4, "problems": []}


def test_tampering_and_drift_are_each_named_and_the_exit_code_is_one(recorded: Journal) -> None:
    client = connect("s3")
    data = client.get_object(Bucket="registry", Key=key_of(1))["Body"].read()
    client.put_object(Bucket="registry", Key=key_of(1), Body=data.replace(b"the first", b"the worst"))
    client.delete_object(Bucket="registry", Key=key_of(3))
    connect("lambda").update_alias(FunctionName=NAME, Name="live", FunctionVersion="3")

    done = fairlead("history", "churn", "--verify")
    document = json.loads(fairlead("history", "churn", "--verify", "--json").stdout)

    assert done.exit_code == 1
    beginnings = [
        "record 1 or record 2 was changed",
        "record 3 is missing",
        "record 1 was overwritten or deleted",
        "record 3 was overwritten or deleted",
        "live is at release 3 (churn version 2); the journal says: release 2 (churn version 1)",
    ]
    for line, beginning in zip(done.stdout.splitlines(), beginnings, strict=True):
        assert line.startswith(beginning)
    assert document["problems"] == done.stdout.splitlines()


# --- who-was-live --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "live", "weights"),
    [
        ("2026-11-22T12:00Z", "2", {}),
        ("2026-11-22T13:59:59+01:00", "2", {}),
        ("2026-11-22T13:00:00Z", "2", {"3": 0.1}),
        ("2026-11-22T13:10Z", "2", {}),
        ("now", "2", {}),
    ],
)
def test_who_was_live(recorded: Journal, at: str, live: str, weights: dict[str, float]) -> None:
    found = result("who-was-live", "churn", "--at", at)

    assert (found["live"]["release"], found["weights"], found["answered"]) == (live, weights, True)


def test_a_date_means_its_first_moment(recorded: Journal, registry: Registry) -> None:
    Journal(registry.objects, STACK, clock=lambda: NOON + timedelta(days=2)).append(Draft(kind="decided", by=ADA))

    assert result("who-was-live", "churn", "--at", "2026-11-23")["at"] == "2026-11-23T00:00:00Z"


def test_now_is_the_time_of_the_commands_clock(recorded: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_CLOCK_AHEAD", str(400 * 86400))
    at = datetime.fromisoformat(result("who-was-live", "churn", "--at", "now")["at"])

    assert at > datetime.now(UTC) + timedelta(days=399)


def test_who_was_live_shows_author_and_reason_of_the_move(recorded: Journal) -> None:
    lines = fairlead("who-was-live", "churn", "--at", "2026-11-22T14:05+01:00").stdout.splitlines()

    assert lines == [
        "at        2026-11-22 13:05:00Z",
        "live      release 2 (churn version 1)",
        "shifting  to release 3 (churn version 2), canary-10-10m, 10% of calls to release 3",
        "since     2026-11-22 13:00:00Z",
        "by        codedeploy for assumed-role/ops/ada",
        "why       better recall",
        "record    3 (shifting)",
    ]


def test_another_model_was_live(recorded: Journal) -> None:
    found = result("who-was-live", "penguins", "--at", "2026-11-22T12:30Z")
    said = fairlead("who-was-live", "penguins", "--at", "2026-11-22T12:30Z").stdout

    assert found["answered"] is False
    assert "release 2 (churn version 1): penguins was not live" in said


def test_who_was_live_before_the_first_record_is_unknown_and_printed(recorded: Journal) -> None:
    done = fairlead("who-was-live", "churn", "--at", "2026-11-22T11:59:59Z")

    assert (done.exit_code, done.stdout) == (6, "")
    assert ": it begins at 2026-11-22 12:00:00Z" in done.stderr


def test_an_empty_journal_prints_a_line(registry: Registry) -> None:
    done = fairlead("who-was-live", "churn", "--at", "now")

    assert done.exit_code == 6
    assert "the journal is empty" in done.stderr


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("yesterday", "'yesterday' is not a time"),
        ("2026-11-22T10:00", "does not say in which time zone"),
        ("2026-13-01", "is not a time"),
        ("2026-11-22T25:00Z", "is not a time"),
        ("", "'' is not a time"),
        ("9999-12-31T23:00-05:00", "is not a time that exists in UTC"),
        ("2999-01-01", "is in the future"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused_with_an_example(recorded: Journal, at: str, words: str) -> None:
    done = fairlead("who-was-live", "churn", "--at", at)

    assert done.exit_code == 2
    assert words in done.stderr
