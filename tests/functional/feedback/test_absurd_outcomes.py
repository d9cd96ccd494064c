"""Outcomes and answers that cannot be counted, through intake and feedback on one ledger: each has its reason, none
blocks another, and a correction is taken."""

import base64
import gzip
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fairlead.api.outcomes import Answer, Report
from fairlead.drift.counters import slot_of
from fairlead.feedback.intake import Intake
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collected, Collector
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import VersionName
from fairlead_local.dynamodb import expressions, numbers
from tests.functional.ledger_fixture import make_table
from tests.unit.feedback.deliveries import DIGEST, GROUP, NOON, FakeDeadLetters, Registry, line


class Bench:
    """A ledger of one model that answers numbers, its intake and its feedback."""

    def __init__(self, dynamodb: Any) -> None:
        self.ledger = Ledger(dynamodb, "ledger", sleep=lambda _: None)
        self.registry, self.dead_letters = Registry(), FakeDeadLetters()
        scorer = Scorer(self.ledger, self.registry)  # type: ignore[arg-type]  # as much of a registry as is asked
        self.intake = Intake(self.ledger, self.registry, scorer)  # type: ignore[arg-type]  # likewise
        self._collector = Collector(scorer, self.dead_letters, sources={GROUP}, own="own")  # type: ignore[arg-type]  # likewise

    def captured(self, *answers: tuple[int, list[float]]) -> Collected:
        """Deliver requests by their number, with the values that they were answered."""
        events = [
            {"id": str(number), "timestamp": NOON, "message": line("value", number=number, values=values)}
            for number, values in answers
        ]
        document = {"messageType": "DATA_MESSAGE", "logGroup": GROUP, "logStream": "s", "logEvents": events}
        data = base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()
        return self._collector.take({"awslogs": {"data": data}})

    def report(self, *outcomes: tuple[int, int, Any]) -> list[Answer]:
        """Report (request, row, actual)."""
        reports = [
            Report(prediction_id=f"{uuid.UUID(int=number)}-{row}", actual=said) for number, row, said in outcomes
        ]
        return self.intake.take(reports, at=NOON + 60_000, by="arn:user/ada")

    def counted(self) -> Counter[str]:
        """The quality counters."""
        total: Counter[str] = Counter()
        for counts in self.ledger.quality("value", 1, slot_of(NOON), slot_of(NOON) + 1).values():
            total.update(counts)
        return total


@pytest.fixture
def bench() -> Iterator[Bench]:
    numbers.patch_numbers()
    expressions.patch_expressions()
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1")
        make_table(client, "ledger")
        yield Bench(client)


@pytest.mark.parametrize("absurd", [1e40, 3.4e38, -1e300, 10**400])
@pytest.mark.parametrize("captured", [True, False])
def test_an_absurd_outcome_is_invalid_at_once_its_neighbours_are_taken_and_it_may_be_corrected(
    bench: Bench, absurd: float, *, captured: bool
) -> None:
    if captured:
        bench.captured((1, [1.5, 2.0]), (2, [3.0, 4.0]))
    bad, good, other = bench.report((1, 0, absurd), (1, 1, 2.5), (2, 0, 3.5))
    assert (bad.status, good.status, other.status) == ("invalid", *(["recorded" if captured else "accepted"] * 2))
    assert "cannot be counted" in bad.detail
    [mended] = bench.report((1, 0, 1.0))
    assert mended.taken
    if not captured:
        assert bench.captured((1, [1.5, 2.0]), (2, [3.0, 4.0])).scored == 3
    assert bench.counted()["outcomes"] == 3
    assert bench.dead_letters.kept == {}


def test_an_uncountable_answer_is_invalid_for_its_reporter_and_stops_no_other(bench: Bench) -> None:
    bench.captured((1, [1e300, 2.0]))
    bad, good = bench.report((1, 0, 5.0), (1, 1, 2.5))
    assert (bad.status, good.status) == ("invalid", "recorded")
    assert bad.detail.startswith("the model's answer is beyond")
    assert bench.counted()["outcomes"] == 1


def test_uncountable_outcome_that_came_before_its_prediction_is_a_dead_letter(bench: Bench) -> None:
    first = bench.report((1, 0, "a rose"), (1, 1, 2.5), (2, 0, 1.0), (2, 1, 3.5))
    assert {one.status for one in first} == {"accepted"}
    found = bench.captured((1, [1.5, 2.0]), (2, [1e300, 4.0]))
    assert (found.captured, found.scored, found.poison) == (2, 4, 2)
    assert sorted(bench.dead_letters.kept.values()) == [
        "expected a number", "the model's answer is beyond ±1e+27, which cannot be counted",
    ]  # fmt: skip
    assert {json.loads(record)["outcome"]["actual"] for record in bench.dead_letters.kept} == {"a rose", 1.0}
    assert (bench.counted()["outcomes"], bench.counted()["invalid"]) == (2, 2)

    again = bench.captured((1, [1.5, 2.0]), (2, [1e300, 4.0]))
    assert (again.captured, again.scored, again.poison, len(bench.dead_letters.kept)) == (0, 0, 0, 2)
    assert [one.status for one in bench.report((1, 0, 1.0))] == ["recorded"]
    assert (bench.counted()["outcomes"], bench.counted()["invalid"]) == (3, 1)


def test_a_prediction_that_comes_while_its_outcome_is_written_answers_the_reporter(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.captured((1, [1.5, 2.0]))
    plain, unknown = bench.ledger.request, iter([True])
    monkeypatch.setattr(bench.ledger, "request", lambda request: ([], []) if next(unknown, False) else plain(request))
    bad, good = bench.report((1, 0, "a rose"), (1, 1, 2.5))
    assert (bad.status, bad.detail, good.status) == ("invalid", "expected a number", "recorded")
    assert (bench.counted()["outcomes"], bench.counted()["invalid"]) == (1, 1)


def test_a_version_that_the_registry_no_longer_has_makes_its_outcomes_invalid_and_no_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.captured((1, [1.5, 2.0]))
    monkeypatch.setattr(bench.registry, "has", lambda name: name != VersionName("value", 1, DIGEST))
    bad, other = bench.report((1, 0, 1.0), (2, 0, 1.0))
    assert (bad.status, bad.detail, other.status) == ("invalid", "the registry has no such version", "accepted")


def test_ordinary_numbers_of_all_sizes_add_up_in_one_counter(bench: Bench) -> None:
    """DynamoDB refuses a sum of more than 38 digits: errors of 1e-9 and of 1e9 in one quarter of an hour had that."""
    sizes = [10.0**power for power in range(-15, 26)]
    bench.captured(*((number, [size * 1.2345678901234567, 0.1]) for number, size in enumerate(sizes)))
    answers = bench.report(*((number, 0, 0) for number in range(len(sizes))))
    assert {one.status for one in answers} == {"recorded"}
    expected = sum((size * 1.2345678901234567) ** 2 for size in sizes)
    assert bench.counted()["q0"] == pytest.approx(expected, rel=1e-12)


def test_a_flood_of_absurd_values_is_accounted_for_to_the_last_one(bench: Bench) -> None:
    said = [1.0, "x", 1e40, True, 10**400, -3.4e38, {"x": 1.0}, 2, 1e27, -0.0]
    early = bench.report(*((number, number % 2, said[number % 10]) for number in range(100)))
    answers = [[float(number), 1e300 if number % 7 == 0 else 1.0] for number in range(200)]
    found = bench.captured(*enumerate(answers))
    late = bench.report(*((number, number % 2, said[number % 10]) for number in range(100, 200)))
    became = Counter(one.status for one in early + late)
    assert became.total() == 200
    assert (found.captured, found.scored) == (200, became["accepted"])
    assert found.poison == len(bench.dead_letters.kept) == bench.counted()["invalid"]
    assert bench.counted()["outcomes"] == became["accepted"] - found.poison + became["recorded"]
    states = Counter(kept.state for number in range(200) for kept in bench.ledger.outcomes(str(uuid.UUID(int=number))))
    assert states == {"scored": bench.counted()["outcomes"], "invalid": bench.counted()["invalid"]}
