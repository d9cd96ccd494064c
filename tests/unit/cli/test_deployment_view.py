"""A deployment in the terminal: one table with both releases, one line where there is no terminal."""

import io
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from rich.console import Console

from fairlead.aws.codedeploy import Deployment
from fairlead.model.release import Release
from fairlead.releases.canary_alarms import Alarm
from fairlead.releases.metrics import Traffic
from fairlead.releases.watch import Side, Snapshot
from fairlead_cli import deployment_view

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
CREATED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def release(number: str, version: int) -> Release:
    return Release(release=number, model="churn", version=version, digest="", code_sha256="", modified="")


def snapshot(status: str = "InProgress", *, reason: str = "", hook: str = "verified: 8 findings") -> Snapshot:
    deployment = Deployment(id="d-1", status=status, created=CREATED, configuration=CANARY, reason=reason)
    return Snapshot(
        at=CREATED + timedelta(seconds=95),
        deployment=deployment,
        old=Side(release=release("13", 6), share=0.9, traffic=Traffic(requests=900, p50=4.0, p99=20.5)),
        new=Side(release=release("14", 7), share=0.1, traffic=Traffic(requests=100, errors=7)),
        hook=hook,
        alarms=[Alarm(name="fairlead-canary-errors", state="ALARM", reason="", release="14")],
    )


def drawn(one: Snapshot, *, width: int = 140) -> str:
    page = io.StringIO()
    Console(file=page, width=width).print(deployment_view.table(one))
    return page.getvalue()


def test_table_has_both_releases_side_by_side_and_their_alarms() -> None:
    rows = {line.split("  ")[0].strip(): line.split() for line in drawn(snapshot()).splitlines()}

    assert rows["weight"] == ["weight", "90%", "10%"]
    assert rows["requests"] == ["requests", "900", "100"]
    assert rows["errors"] == ["errors", "0", "(0.0%)", "7", "(7.0%)"]
    assert rows["p99"] == ["p99", "20.5", "ms", "-"]
    assert rows["status"] == ["status", "InProgress"]
    assert rows["hook"] == ["hook", "verified:", "8", "findings"]
    assert rows["fairlead-canary-errors"] == ["fairlead-canary-errors", "ALARM"]
    assert "deployment d-1, canary-10-5m, 0:01:35" in drawn(snapshot())
    assert "old: release 13 (churn version 6)  new: release 14 (churn version 7)" in drawn(snapshot())


def test_a_long_word_of_the_hook_leaves_the_sides_as_wide_as_they_are() -> None:
    long = snapshot(hook="verified: 14 findings, cold start 1,234 ms of 3,000, one row 12 ms of 1,000")

    assert "old: release 13 (churn version 6)  new: release 14 (churn version 7)" in drawn(long, width=80)


def test_the_end_says_why() -> None:
    assert "ALARM_ACTIVE: fairlead-canary-errors" in drawn(
        snapshot("Stopped", reason="ALARM_ACTIVE: fairlead-canary-errors")
    )


def test_a_release_with_a_deleted_version_is_shown_as_gone() -> None:
    assert "old: gone" in drawn(msgspec.structs.replace(snapshot(), old=None))


def test_without_a_terminal_a_look_that_changes_nothing_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    later = [msgspec.structs.replace(snapshot(), at=CREATED + timedelta(seconds=100 + n)) for n in range(5)]
    busier = msgspec.structs.replace(snapshot(), old=None)
    deployment_view.show([snapshot(), *later, busier, busier, snapshot("Succeeded")])

    assert [line.split(" | ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "03:01:35Z InProgress", "03:01:35Z InProgress", "03:01:35Z Succeeded",
    ]  # fmt: skip


def test_without_a_terminal_each_change_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    deployment_view.show([snapshot(), snapshot("Succeeded")])

    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("03:01:35Z InProgress | release 13: weight 90%, requests 900, errors 0 (0.0%), p50 4.0 ms")
    assert "| release 14: weight 10%, requests 100, errors 7 (7.0%), p50 -, p99 - | hook verified" in first
    assert last.startswith("03:01:35Z Succeeded")
