"""A candidate is released through a canary or left to operators: once, in the journal, and subscribers are notified."""

from functools import partial
from typing import Any

import msgspec
import pytest

from fairlead.automation.candidates import Candidate, Releaser
from fairlead.aws.stack import Stack
from fairlead.errors import IntegrityError
from fairlead.journal.records import Record
from fairlead.registry.store import Registry
from fairlead.releases import release
from testkit.memory import Memory
from tests.functional.fake_deploys import FakeDeploys
from tests.functional.releases.operator import Desk, ship
from tests.functional.strict_lambda import StrictLambda
from tests.manifests import passing

CANARY = "CodeDeployDefault.LambdaCanary10Percent15Minutes"


class Office:
    """A releaser over the test's cloud, its messages, and the candidate: churn 4, beside churn 3, which is live."""

    def __init__(self, desk: Desk, registry: Registry) -> None:
        self.desk, self.registry = desk, registry
        self.notified: list[tuple[str, str]] = []
        self.manifest, self.sha256 = registry.commit("churn", partial(passing, champion=3))

    def consider(
        self, request: str = "r1", *, act: bool = True, stack: Stack | None = None, digest: str = ""
    ) -> Record | None:
        releaser = Releaser(
            self.desk.context("release", stack, asks=True), self.registry, strategy="canary-10-15m",
            notify=lambda subject, text: self.notified.append((subject, text)), act=act,
        )  # fmt: skip
        order = Candidate(
            model="churn", version=self.manifest.version, digest=digest or f"sha256:{self.sha256}",
            reason="drift: live moved", request=request,
        )  # fmt: skip
        return releaser.consider(order)


@pytest.fixture
def office(desk: Desk, registry: Registry, lambda_: StrictLambda) -> Office:
    """churn 1 is release 2; churn 3 is release 3 and live, and the journal agrees."""
    for version in (1, 3):
        ship(desk.releases(), registry, version)
        desk.reconcile()
    lambda_.calls.clear()
    return Office(desk, registry)


def test_a_candidate_that_passed_is_released_recorded_and_notified(
    office: Office, deploys: FakeDeploys, lambda_: StrictLambda, desk: Desk
) -> None:
    decided = office.consider()

    assert deploys.last.info["deploymentConfigName"] == CANARY
    assert (deploys.last.current, deploys.last.target) == ("3", "4")
    assert lambda_.environment("4")["FAIRLEAD_VERSION"] == "4"
    assert lambda_.at("live") == "3", "calls go over by CodeDeploy alone"
    assert decided is not None
    assert decided.evidence["action"] == "release"
    intent = next(one for one in desk.records() if one.kind == "intended" and one.number > decided.number)
    assert (intent.by, intent.evidence["strategy"]) == ("release", "canary-10-15m")
    assert f"record {decided.number}): drift: live moved" in intent.why
    assert office.notified[0][0] == "churn version 4: is being released"
    deploys.finish()
    assert lambda_.alias_names() == {"live": "4", "previous": "3"}
    assert desk.journal().verify() == []


@pytest.mark.parametrize("requests", [["r1"] * 10, [f"r{n}" for n in range(10)]])
def test_an_event_that_comes_ten_times_releases_once(
    office: Office, deploys: FakeDeploys, lambda_: StrictLambda, requests: list[str]
) -> None:
    records = [office.consider(request) for request in requests]

    assert [record is not None for record in records] == [True] + [False] * 9
    assert len(deploys.entries) == 3
    assert len(office.notified) == 1


def test_a_candidate_that_did_not_pass_is_left_to_operators_once(
    office: Office, lambda_: StrictLambda, registry: Registry, deploys: FakeDeploys
) -> None:
    office.manifest, office.sha256 = registry.commit("churn", partial(passing, champion=2))

    record = office.consider()

    assert office.consider("r2") is None
    assert record is not None
    assert (record.kind, record.evidence["action"], record.evidence["rule"]) == (
        "decided",
        "none",
        "compared with another",
    )
    assert lambda_.changes() == []
    assert len(deploys.entries) == 2
    [(subject, text)] = office.notified
    assert subject == "churn version 5: not released"
    assert "fairlead release churn 5" in text


def test_while_another_deployment_runs_a_candidate_is_left_to_operators(
    office: Office, lambda_: StrictLambda, deploys: FakeDeploys, registry: Registry, desk: Desk
) -> None:
    deploys.hold = "done"
    desk.releases("bob").release(registry, "churn", 1)
    lambda_.calls.clear()

    record = office.consider()

    assert record is not None
    assert (record.evidence["rule"], "by bob" in record.why) == ("busy", True)
    assert lambda_.changes() == []


def test_candidate_is_not_released_when_live_moves_meanwhile(
    office: Office, lambda_: StrictLambda, deploys: FakeDeploys, registry: Registry, desk: Desk
) -> None:
    def rolled_back() -> None:
        desk.releases("bob").rollback(registry, "churn")

    # The decision reads first, then the release.
    deploys.before("ListDeployments", lambda: deploys.before("ListDeployments", rolled_back))

    record = office.consider()

    assert record is not None
    assert (record.evidence["rule"], record.evidence["action"]) == ("failed", "none")
    assert "live is release 2" in record.why
    assert lambda_.points_at("live") == "2"
    assert len(deploys.entries) == 2
    assert office.consider("r1") is None
    assert [subject for subject, _ in office.notified] == ["churn version 4: not released"]
    assert desk.journal().verify() == []


def test_while_the_stack_is_updated_a_candidate_is_left_to_operators(office: Office, desk: Desk) -> None:
    record = office.consider(stack=msgspec.structs.replace(desk.stack, status="UPDATE_IN_PROGRESS"))

    assert record is not None
    assert "UPDATE_IN_PROGRESS" in record.why


def test_a_candidate_whose_canary_failed_is_not_tried_again(
    office: Office, lambda_: StrictLambda, deploys: FakeDeploys
) -> None:
    office.consider()
    deploys.alarm = True
    deploys.finish()

    assert office.consider("another request") is None
    assert lambda_.points_at("live") == "3"


def test_a_run_that_was_killed_after_it_decided_is_taken_up_by_the_same_event_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch, deploys: FakeDeploys
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(release, "release", killed)
        with pytest.raises(KeyboardInterrupt):
            office.consider("r1")

    assert office.consider("r2") is None
    assert len(deploys.entries) == 2
    assert office.consider("r1") is not None
    assert deploys.last.target == "4"


def test_a_dry_run_decides_notifies_and_releases_nothing(office: Office, lambda_: StrictLambda) -> None:
    record = office.consider(act=False)

    assert record is not None
    assert (record.evidence["action"], record.evidence["dry_run"]) == ("none", True)
    assert "dry run" in office.notified[0][1]
    assert lambda_.changes() == []


def test_a_manifest_of_other_bytes_than_were_handed_over_is_no_candidate(office: Office) -> None:
    with pytest.raises(IntegrityError):
        office.consider(digest=f"sha256:{'0' * 64}")
    assert office.notified == []


def test_it_reads_no_blob(office: Office, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimators and training rows are blobs: its role may read none."""
    read: list[str] = []
    get = memory.get

    def noted(key: str) -> bytes:
        read.append(key)
        return get(key)

    monkeypatch.setattr(memory, "get", noted)

    office.consider()

    assert read
    assert {key.split("/")[0] for key in read} <= {"models", "journal"}
