"""Outcomes and answers of any finite size: what is counted fits DynamoDB's numbers, what is not has a reason."""

import math
from decimal import Context, Decimal, Inexact, Overflow, Subnormal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.feedback.ledger.counter_items import pages, read
from fairlead.model.manifest import Metric
from fairlead.model.signature import Output
from fairlead.monitoring import primary_metric
from fairlead.quality import figures, pair_error, tally
from fairlead.quality.counters import LARGEST, outcome_error
from fairlead.quality.metrics import design_effect, total
from tests.unit.quality.test_quality import CLASSES, TARGETS, VALUES, pair

FINITE = st.floats(allow_nan=False, allow_infinity=False)
COUNTABLE = st.floats(-LARGEST, LARGEST)
WHOLE = st.integers(-(10**400), 10**400)
DYNAMODB = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow, Subnormal])
"""Its numbers: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""


def added(items: dict[str, Decimal], counts: dict[str, float]) -> None:
    """Add counters as DynamoDB does; raises a decimal.Signal where DynamoDB refuses."""
    for page in pages("W", 1, "Q", "0", counts):
        values = page.update("ledger", 0, expires=0)["ExpressionAttributeValues"]
        for place, name in enumerate(page.counts):
            items[name] = DYNAMODB.add(items.get(name, Decimal(0)), Decimal(values[f":{place}"]["N"]))


def read_back(items: dict[str, Decimal]) -> dict[str, float]:
    return read({name: {"N": format(value, "f")} for name, value in items.items()})


@given(st.lists(st.one_of(FINITE, WHOLE), min_size=1, max_size=20))
def test_an_outcome_of_any_size_is_counted_or_has_a_reason(actuals: list[float]) -> None:
    items: dict[str, Decimal] = {}
    for actual in actuals:
        for answer in (0.0, 1e300, -LARGEST):
            one = pair(actual, values=answer)
            [counts] = tally(VALUES, [one]).values()
            assert ("invalid" in counts) is bool(pair_error(VALUES, one))
            added(items, counts)
    assert all(math.isfinite(value) for value in read_back(items).values())


@given(st.lists(st.tuples(COUNTABLE, COUNTABLE), min_size=1, max_size=50))
def test_counted_outcomes_give_finite_metrics_of_every_window(rows: list[tuple[float, float]]) -> None:
    items: dict[str, Decimal] = {}
    pairs = [pair(actual, request=f"r{n}", caller=f"c{n}", values=answer) for n, (actual, answer) in enumerate(rows)]
    for one in pairs:
        [counts] = tally(VALUES, [one]).values()
        added(items, counts)
    slots = {1: read_back(items)}
    assert slots[1]["outcomes"] == len(rows)
    assert math.isfinite(design_effect(slots))
    found = figures(VALUES, slots)
    said = [bound for one in found.values() for bound in (one.value, one.low, one.high) if bound is not None]
    assert all(map(math.isfinite, said))
    assert math.isfinite(primary_metric.surely_worse("mae", found["mae"], found["rmse"]))
    assert found["mae"].value == pytest.approx(math.fsum(abs(a - v) for a, v in rows) / len(rows), rel=1e-9)


@given(st.lists(st.floats(1e-30, 1e30), min_size=2, max_size=200))
def test_sums_of_any_magnitudes_keep_their_digits(amounts: list[float]) -> None:
    items: dict[str, Decimal] = {}
    for amount in amounts:
        added(items, {"q0": amount})
    assert read_back(items)["q0"] == pytest.approx(math.fsum(amounts), rel=1e-12)


def test_a_thousand_million_of_the_largest_amounts_fit_one_counter() -> None:
    [counts] = tally(VALUES, [pair(LARGEST, values=-LARGEST)]).values()
    sums = {name: amount * 1e9 for name, amount in counts.items()}
    added({}, sums)


def test_shares_of_classes_add_up_whatever_their_size() -> None:
    items: dict[str, Decimal] = {}
    for stated in (1.0, 0.5, 1e-3, 1e-9, 1e-17, 5e-324):
        rest = (1 - stated) / 2
        [counts] = tally(CLASSES, [pair("a", labels="b", probabilities=[stated, rest, rest])]).values()
        added(items, counts)
    assert read_back(items)["loss"] > 36  # the smallest probability counts as scikit-learn's


@pytest.mark.parametrize("actual", [1e40, 3.4e38, -3.4e38, 10**400, -(10**400), 1.7e308, {"x": 1e40, "y": 1.0}])
@pytest.mark.parametrize("output", [VALUES, TARGETS, CLASSES, Output(task="clustering")])
def test_outcome_beyond_the_counters_range_is_refused_by_name(output: Output, actual: Any) -> None:
    assert "cannot be counted" in outcome_error(output, actual)


def test_an_answer_beyond_the_counters_range_is_invalid_for_any_outcome() -> None:
    odd = pair(1.0, values=1e300)
    assert pair_error(VALUES, odd) == "the model's answer is beyond ±1e+27, which cannot be counted"
    good = pair(1.0, request="s", values=1.5)
    assert total(tally(VALUES, [odd, good]))["outcomes"] == 1


@pytest.mark.parametrize("published", [5e-324, 1e-300, 1e-17, 0.0, 1.0, 1e27])
@pytest.mark.parametrize("now", [0.0, 5e-324, 1.0, 1e27])
def test_a_drop_is_a_number_that_cloudwatch_takes(published: float, now: float) -> None:
    found = primary_metric.surely_worse(
        "mae", Metric(value=published, low=0.0, high=published), Metric(value=now, low=now)
    )
    assert abs(found) <= primary_metric.LARGEST_DROP
