"""The ledger on moto's DynamoDB: each thing once, whatever comes twice, late, in another order or at the same time."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from fairlead.drift.counters import Counters, slot_of
from fairlead.errors import StorageError
from fairlead.feedback.ledger import Ledger, Outcome, Pair
from fairlead.feedback.ledger.conflicts import MOST
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import pairs
from fairlead_local.dynamodb import expressions, numbers
from testkit.ledger_table import create_table

NOON = 1_790_000_000_000
TABLE = "ledger"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A client of a table like the template's."""
    numbers.patch_numbers()
    expressions.patch_expressions()
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1")
        create_table(client, TABLE)
        yield client


def part(request: str, *, rows: int = 2, first: int = 0, of: int | None = None, at: int = NOON) -> Part:
    """A part of a request whose labels alternate."""
    return Part(
        request=request, at=at, model="churn", version=3, release="9", digest="sha256:0", caller="c",
        first=first, of=of or first + rows, fields=("x",), rows=[[float(n)] for n in range(rows)],
        labels=["yes" if (first + n) % 2 else "no" for n in range(rows)],
    )  # fmt: skip


def outcome(request: str, row: int = 0, actual: Any = "no", *, at: int = NOON + 60_000) -> Outcome:
    """A report."""
    return Outcome(request=request, row=row, actual=actual, at=at, by="arn:user/ada")


def test_the_last_call_and_the_last_report_of_a_version_are_known(dynamodb: Any) -> None:
    """The monitor is silent while neither comes. Late deliveries and reports do not turn the clock back."""
    ledger, hour = Ledger(dynamodb, TABLE), 3_600_000
    for at in (NOON, NOON - hour):
        ledger.record_parts([part(str(at), at=at)], tally)
    [seen] = ledger.seen()
    assert (seen.model, seen.version, seen.slot, seen.reported) == ("churn", 3, slot_of(NOON), 0)
    for at in (NOON + 5 * hour, NOON + hour):
        report(Ledger(dynamodb, TABLE), str(NOON), at)
    assert ledger.seen() == [msgspec.structs.replace(seen, reported=slot_of(NOON + 5 * hour))]
    ledger.record_parts([part("another", at=NOON + hour)], tally)
    assert ledger.seen() == [
        msgspec.structs.replace(seen, slot=slot_of(NOON + hour), reported=slot_of(NOON + 5 * hour))
    ]


def report(ledger: Ledger, request: str, at: int) -> None:
    """Score both rows of a request, reported at this time."""
    found = [Pair(part=part(request), position=row, outcome=outcome(request, row, at=at)) for row in range(2)]
    ledger.score(found, lambda _: True, lambda pairs: {slot_of(NOON): {"outcomes": len(pairs)}})


def tally(parts: Sequence[Part]) -> Counters:
    """Rows and requests by cluster, with many counters: more than a page holds."""
    clusters: dict[str, dict[str, int]] = {}
    for one in parts:
        counts = clusters.setdefault(f"{slot_of(one.at)}_1", {})
        for name in ("rows", *(f"i{n}_0" for n in range(110))):
            counts[name] = counts.get(name, 0) + len(one.rows)
    return Counters(clusters=clusters)


def fits(pair: Pair) -> bool:
    """Classes are yes and no."""
    return pair.outcome.actual in ("yes", "no")


def score(found: Sequence[Pair]) -> dict[int, dict[str, int | float]]:
    """Return the counts of right and wrong answers, by slot."""
    slots: dict[int, dict[str, int | float]] = {}
    for pair in found:
        right = "right" if pair.column("labels") == pair.outcome.actual else "wrong"
        counts = slots.setdefault(slot_of(pair.part.at), {})
        counts[right] = counts.get(right, 0) + 1
        counts["weight"] = counts.get("weight", 0) + 0.1
    return slots


def rows_counted(ledger: Ledger) -> int:
    """The counter `rows` of every cluster of the day."""
    slot = slot_of(NOON)
    found = ledger.counted("churn", 3, slot - 96, slot + 96)[0].clusters.values()
    assert all(counts["rows"] == counts["i109_0"] for counts in found)
    return sum(counts["rows"] for counts in found)


def quality(ledger: Ledger) -> Counter[str]:
    """The quality counters of the day."""
    slot = slot_of(NOON)
    total: Counter[str] = Counter()
    for counts in ledger.quality("churn", 3, slot - 96, slot + 96).values():
        total.update(counts)
    return total


def test_a_batch_delivered_again_is_kept_and_counted_once(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    batch = [part(f"r{n}") for n in range(110)]
    assert len(ledger.record_parts(batch, tally)) == 110
    assert ledger.record_parts(batch, tally) == []
    assert len(ledger.record_parts([*batch[:5], part("new")], tally)) == 1
    assert rows_counted(ledger) == 222
    assert ledger.request("r7")[0] == [part("r7")]


def test_the_parts_of_a_request_are_kept_apart_and_read_back_in_order(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_parts([part("big", first=100, rows=50, of=150)], tally)
    ledger.record_parts([part("big", first=0, rows=100, of=150)], tally)
    assert [one.first for one in ledger.request("big")[0]] == [0, 100]


@pytest.mark.parametrize("prediction_first", [True, False])
def test_a_pair_is_scored_once_whichever_half_comes_first(dynamodb: Any, *, prediction_first: bool) -> None:
    ledger = Ledger(dynamodb, TABLE)
    if prediction_first:
        ledger.record_parts([part("r")], tally)
    [result], _, _ = ledger.record_outcomes([outcome("r", 1, "yes")])
    assert result == ("recorded" if prediction_first else "accepted")
    ledger.record_parts([part("r")], tally)
    for _ in range(3):
        ledger.score(pairs(*ledger.request("r")), fits, score)
    assert quality(ledger) == {"right": 1, "weight": 0.1}
    slot = slot_of(NOON)
    [pair] = ledger.labelled("churn", 3, slot, slot + 1)
    assert (pair.column("rows"), pair.column("labels"), pair.outcome.actual) == ([1.0], "yes", "yes")


def test_the_first_report_counts_and_conflicts_are_counted(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_parts([part("r")], tally)
    reports = [
        outcome("r", 0, "no"),
        outcome("r", 0, "no", at=NOON + 1),
        outcome("r", 0, "yes"),
        outcome("r", 0, "yes"),
    ]
    assert [ledger.record_outcomes([one])[0][0] for one in reports] == ["recorded", "duplicate", "conflict", "conflict"]
    [kept] = ledger.request("r")[1]
    assert (kept.outcome, kept.conflicts) == (reports[0], 1)
    assert quality(ledger) == {"conflicts": 1}


def test_a_conflict_that_is_sent_again_counts_once_and_another_one_again(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_parts([part("r")], tally)
    ledger.record_outcomes([outcome("r", 0, "no"), outcome("r", 1, "no")])
    batch = [outcome("r", row, actual) for row in (0, 1) for actual in ("yes", "perhaps", "yes")]
    for _ in range(3):
        assert set(ledger.record_outcomes(batch)[0]) == {"conflict"}
    assert [one.conflicts for one in ledger.request("r")[1]] == [2, 2]
    assert quality(ledger) == {"conflicts": 4}


def test_contradictions_without_end_are_counted_up_to_a_bound(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_parts([part("r")], tally)
    ledger.record_outcomes([outcome("r", 0, "no")])
    for start in (0, 500):
        results, _, _ = ledger.record_outcomes([outcome("r", 0, f"other {n}") for n in range(start, start + 500)])
        assert set(results) == {"conflict"}
    [kept] = ledger.request("r")[1]
    assert kept.conflicts == quality(ledger)["conflicts"] == MOST


@pytest.mark.parametrize(
    ("one", "other", "same"), [(1, 1.0, True), (1, True, False), (1, "1", False), (0.5, 0.5, True)]
)
def test_reports_are_equal_as_json_numbers_are(dynamodb: Any, one: Any, other: Any, *, same: bool) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_outcomes([outcome("r", 0, one)])
    [result], _, _ = ledger.record_outcomes([outcome("r", 0, other)])
    assert result == ("duplicate" if same else "conflict")


def test_an_outcome_that_does_not_fit_is_invalid_and_never_scored(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    ledger.record_parts([part("r")], tally)
    ledger.record_outcomes([outcome("r", 0, "perhaps"), outcome("r", 1, "yes")])
    assert len(ledger.score(pairs(*ledger.request("r")), fits, score)) == 2
    assert {one.outcome.row: one.state for one in ledger.request("r")[1]} == {0: "invalid", 1: "scored"}
    slot = slot_of(NOON)
    assert [pair.outcome.row for pair in ledger.labelled("churn", 3, slot, slot + 1)] == [1]


def test_rows_are_found_by_time_and_version(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    hours = [NOON - hour * 3_600_000 for hour in range(4)]
    for number, at in enumerate(hours):
        ledger.record_parts([part(f"r{number}", at=at)], tally)
    slot = slot_of(NOON)
    assert [one.request for one in ledger.captured("churn", 3, slot - 8, slot + 1)] == ["r0", "r1", "r2"]
    assert list(ledger.captured("churn", 4, slot - 8, slot + 1)) == []
    [seen] = ledger.seen()
    assert (seen.model, seen.version, seen.slot) == ("churn", 3, slot)


class Contended:
    """A client whose transactions meet others, as DynamoDB's do and moto's do not; moto itself takes one at a time."""

    def __init__(self, client: Any, *, conflicts: float, seed: int = 0) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._conflicts = conflicts
        self._random = random.Random(seed)  # noqa: S311 - a test's dice

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**parameters)

        return getattr(self._client, name) if name == "get_paginator" else call

    def transact_write_items(self, TransactItems: list[Any]) -> Any:
        """Cancel some transactions as DynamoDB does."""
        with self._lock:
            if self._random.random() < self._conflicts:
                reasons = [{"Code": "None"}] * (len(TransactItems) - 1) + [{"Code": "TransactionConflict"}]
                error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
                raise ClientError(error, "TransactWriteItems")  # type: ignore[arg-type]  # as DynamoDB answers
            return self._client.transact_write_items(TransactItems=TransactItems)


def test_writers_at_the_same_time_count_everything_once(dynamodb: Any) -> None:
    client = Contended(dynamodb, conflicts=0.3)
    batches = [[part(f"r{(start + n) % 120}") for n in range(40)] for start in range(0, 120, 20)] * 2
    with ThreadPoolExecutor(6) as pool:
        done = list(
            pool.map(lambda batch: Ledger(client, TABLE, sleep=lambda _: None).record_parts(batch, tally), batches)
        )
    assert sorted(one.request for new in done for one in new) == sorted(f"r{n}" for n in range(120))
    assert rows_counted(Ledger(dynamodb, TABLE)) == 240


def test_counters_are_spread_over_shards(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE)
    for number in range(24):
        ledger.record_parts([part(f"r{number}")], tally)
    found = dynamodb.scan(TableName=TABLE)["Items"]
    shards = Counter(item["sk"]["S"].rpartition("#")[2] for item in found if item["pk"]["S"].startswith("W#"))
    assert len(shards) >= 5


def test_table_that_refuses_writes_is_an_error_and_nothing_is_counted(dynamodb: Any) -> None:
    refusing = Ledger(Contended(dynamodb, conflicts=1), TABLE, sleep=lambda _: None)
    with pytest.raises(StorageError, match="refused a transaction"):
        refusing.record_parts([part("r")], tally)
    ledger = Ledger(dynamodb, TABLE)
    assert rows_counted(ledger) == 0
    assert ledger.request("r") == ([], [])


def test_everything_expires(dynamodb: Any) -> None:
    ledger = Ledger(dynamodb, TABLE, keep=10)
    ledger.record_parts([part("r")], tally)
    ledger.record_outcomes([outcome("r")])
    ledger.score(pairs(*ledger.request("r")), fits, score)
    assert {
        (int(item["expires"]["N"]) - NOON // 1000) // 86_400 for item in dynamodb.scan(TableName=TABLE)["Items"]
    } <= {9, 10}
