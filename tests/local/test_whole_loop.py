"""The whole loop on the local cloud, rights enforced, on one clock.

A version goes live through a canary. The next passes the gate and is worse on the data that come: the stack finds it,
rolls back and retrains, and the retrained version goes live through a canary.

The test only does what users do. The stack itself decides, rolls back, retrains and releases as alarms change their
state. Everything that went in is counted against everything that is kept.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from tests.local.accounting import STATUSES, Book
from tests.local.feedback_stack import Stage
from tests.local.iris_traffic import GROWN, LATE, OVERGROWN, SMALL, Field, Table
from tests.local.support import until

CALLERS = ("caller", "kiosk", "garden")
MINUTE = 60.0
NEVER = f"{uuid4()}-0"
"""The id of a prediction that was never made."""

pytestmark = pytest.mark.xdist_group("loop")


def test_the_whole_loop(loop_stage: Stage) -> None:
    stage, field, book = loop_stage, Field(), Book(loop_stage)
    good, poor = versions(stage, field)
    newest_record = stage.newest()

    goes_live_through_a_canary(book, good, field.picked(20))
    nothing_rings_while_the_world_is_as_it_was(book, field)
    goes_live_through_a_canary(book, poor, field.picked(20, SMALL))
    drift_rings_and_without_outcomes_nothing_is_done(book, field, poor)
    worse_outcomes_ring_and_live_goes_back(book, good, poor)
    learnt = what_came_true_is_learnt(book, field, good, poor)
    is_tried_by_the_releaser(book, learnt)
    is_better_in_the_shadow(book, learnt, good)
    goes_live(book, learnt, field.picked(20, LATE, grown=OVERGROWN))

    the_journal_tells_the_story(stage, newest_record, good, poor, learnt)
    nothing_is_lost(book)


def versions(stage: Stage, field: Field) -> tuple[int, int]:
    """Publish a version fitted on all flowers, and one that was fitted and judged on small ones only."""
    learnt, judged = field.picked(300), field.picked(500)
    if not stage.serves():  # a first release goes at once: there is nothing to protect
        first = stage.publish(
            DecisionTreeClassifier(max_depth=2, random_state=0).fit(*learnt), X=judged[0], y=judged[1]
        )
        stage.did(
            "release", stage.model, first.manifest.version, "--switch-model", "--strategy", "all-at-once", "--wait"
        )
    good = stage.publish(
        LogisticRegression(max_iter=2000).fit(*learnt), X=judged[0], y=judged[1], train=learnt[0], train_y=learnt[1],
        keep_training_rows=True,
    )  # fmt: skip
    known, seen = field.picked(400, SMALL), field.picked(200, SMALL)
    poor = stage.publish(DecisionTreeClassifier(max_depth=1, random_state=0).fit(*known), X=seen[0], y=seen[1])
    return good.manifest.version, poor.manifest.version


def goes_live_through_a_canary(book: Book, version: int, flowers: Table) -> None:
    book.stage.canary(version)
    goes_live(book, version, flowers)


def goes_live(book: Book, version: int, flowers: Table) -> None:
    """Check that each call is answered, by the version before or by this one."""
    stage, before = book.stage, book.stage.live()
    asked = book.ask(*flowers, of=1, callers=CALLERS)
    assert {book.predictions[name].version for name in asked} <= {before, version}
    stage.cloud.advance(6 * MINUTE)
    assert stage.live() == version


def nothing_rings_while_the_world_is_as_it_was(book: Book, field: Field) -> None:
    for _ in range(2):
        a_quarter_of_an_hour(book, field.picked(45), reported=True)
    assert "ALARM" not in (book.stage.alarm("drift"), book.stage.alarm("quality"))


def drift_rings_and_without_outcomes_nothing_is_done(book: Book, field: Field, poor: int) -> None:
    stage, newest_record = book.stage, book.stage.newest()
    for _ in range(4):
        a_quarter_of_an_hour(book, field.picked(60, LATE, grown=GROWN), reported=False)
    assert (stage.alarm("drift"), stage.alarm("quality"), stage.live()) == ("ALARM", "OK", poor)
    [decided] = stage.history(newest_record)
    assert (decided["evidence"]["alarm"], decided["evidence"]["rule"]) == ("fairlead-drift", "too few outcomes")


def worse_outcomes_ring_and_live_goes_back(book: Book, good: int, poor: int) -> None:
    """Outcomes are reported; some twice, some false, some for unknown predictions."""
    stage, names = book.stage, book.of(poor)
    assert book.right(names) < 0.6
    report(book, names)
    assert book.report("clerk", names[:40]) == {"duplicate": 40}
    assert book.report("reporter", names[:10], wrong=True) == {"conflict": 10}
    nonsense, early = {"prediction_id": names[0], "actual": "a rose"}, {"prediction_id": NEVER, "actual": 1}
    assert book.send("clerk", [nonsense, early]) == {"invalid": 1, "accepted": 1}

    for _ in range(8):
        if stage.live() == good:
            break
        stage.cloud.advance(5 * MINUTE)
    assert stage.live() == good


def what_came_true_is_learnt(book: Book, field: Field, good: int, poor: int) -> int:
    """The version that is live again also has low quality, because inputs changed: an alarm starts a retraining."""
    stage, newest = book.stage, poor
    for _ in range(6):
        a_quarter_of_an_hour(book, field.picked(60, LATE, grown=OVERGROWN), reported=True)
        if (newest := stage.result("versions", stage.model)[0]["version"]) > poor:
            break
    known = {name for version in book.versions() for name in book.known(version)}
    newest_record = stage.logged("retrain", "retraining ended")[-1]
    assert (newest_record["result"], newest_record["version"], newest_record["champion"]) == ("published", newest, good)
    assert newest_record["learnt"] + newest_record["held_out"] == len(known)
    ids = stage.training_rows(newest).ids
    assert (ids[:300], len(ids)) == ([""] * 300, 300 + newest_record["learnt"])
    assert known.issuperset(ids[300:])
    assert stage.live() == good
    return newest


def a_quarter_of_an_hour(book: Book, flowers: Table, *, reported: bool) -> list[str]:
    """Callers send requests, which are captured; reporters send outcomes; the clock advances."""
    names = book.ask(*flowers, callers=CALLERS)
    book.arrived()
    if reported:
        report(book, names)
    book.stage.cloud.advance(15 * MINUTE)
    return names


def report(book: Book, names: Sequence[str]) -> None:
    """Two reporters send half of the outcomes each."""
    for who, some in (("reporter", names[::2]), ("clerk", names[1::2])):
        assert book.report(who, some) == {"recorded": len(some)}


def is_tried_by_the_releaser(book: Book, learnt: int) -> None:
    """Check that a candidate that passed the gate begins its canary without an operator."""
    stage = book.stage
    started = until(
        lambda: [one for one in stage.history() if one["kind"] == "shifting" and one["now"]["version"] == learnt]
    )
    stage.shifting(started[-1]["now"]["release"])


def is_better_in_the_shadow(book: Book, learnt: int, good: int) -> None:
    """Check that the candidate answers the live version's captured requests better, without callers of its own."""
    stage, asked = book.stage, book.of(good)
    found = stage.result("shadow", stage.model, learnt, "--hours", 12)["shadow"]
    assert (found["rows"], found["refused"]) == (len(asked), 0)
    assert (found["comparison"]["rows"], found["comparison"]["verdict"]) == (len(book.known(good)), "better")
    assert stage.live() == good


def the_journal_tells_the_story(stage: Stage, newest_record: int, good: int, poor: int, learnt: int) -> None:
    # The folders are merged by time; on a clock that runs ahead only the order within each is sure.
    both = stage.history(newest_record)
    records = [one for one in both if not one["record"].startswith("retrain/")]
    made = [one for one in both if one["record"].startswith("retrain/")]
    assert [_step(one) for one in made] == [("published", learnt)]
    assert [step for one in records if (step := _step(one))] == [
        ("live", good),
        ("live", poor),
        ("roll back", "previous is better"),
        ("live", good),
        ("retrain", "learn"),
        ("release", ""),
        ("live", learnt),
    ]
    seconds = [one["at"][:19] for one in records]  # events of deployments have whole seconds
    assert seconds == sorted(seconds)
    assert stage.newest() == records[-1]["number"]


def _step(record: dict[str, Any]) -> tuple[str, Any] | None:
    """Return a record's move, action or result; None for other records."""
    evidence = record["evidence"]
    if (record["kind"], record["alias"]) == ("moved", "live"):
        return "live", record["now"]["version"]
    if evidence.get("action") in {"roll back", "retrain", "release"}:
        return evidence["action"], evidence["rule"]
    return (evidence["result"], record["version"]) if evidence.get("asked") == "retrain" else None


def nothing_is_lost(book: Book) -> None:
    """Check that the answers to callers and reporters, the ledger and the metrics agree."""
    book.arrived()
    book.stage.cloud.advance(5 * MINUTE)  # a delivery that failed after its write is repeated by then
    became = sum(book.became.values(), Counter[str]())
    contradicted = sum(one["conflict"] > 0 for one in book.became.values())
    assert book.balance() == {"rows": len(book.predictions), "outcomes": became["recorded"], "conflicts": contradicted}
    [waiting] = book.stage.ledger().outcomes(NEVER.rpartition("-")[0])
    assert waiting.state == "pending"
    metrics = book.metrics()
    assert {status: metrics[status] for status in STATUSES} == {status: became[status] for status in STATUSES}
    # If the function fails after all writes of a delivery, it has counted nothing, and the repeated delivery is known.
    assert metrics["captured"] <= book.requests <= metrics["captured"] + metrics["captured before"], metrics
    assert metrics["poison"] == 0
