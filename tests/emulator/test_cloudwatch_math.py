"""AWS's tables of missing data, metric math, rules of composite alarms, and statistics, without a cloud."""

import math

import pytest

from fairlead_local.cloudwatch.alarm_state import Point, evaluate
from fairlead_local.cloudwatch.composite_rules import parse
from fairlead_local.cloudwatch.metric_queries import QueryResults, read
from fairlead_local.cloudwatch.metric_store import Metric, MetricStore
from fairlead_local.cloudwatch.series import Grid
from fairlead_local.cloudwatch.statistics import Values, statistic
from fairlead_local.errors import ServiceError

RETAIN = None
I = "INSUFFICIENT_DATA"  # noqa: E741 - as short as its column

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, both tables:
# data points (latest last), filled, missing, ignore, breaching, notBreaching.
THREE_OF_THREE = [
    ("0 - X - X", 0, "OK", "OK", "OK", "OK"),
    ("0 - - - -", 2, "OK", "OK", "OK", "OK"),
    ("- - - - -", 3, I, RETAIN, "ALARM", "OK"),
    ("0 X X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", 2, "ALARM", RETAIN, "ALARM", "OK"),
    # The rows of the text below the tables, and of the tables' first edition.
    ("- - - X -", 2, I, RETAIN, "ALARM", "OK"),
    ("- - - - X", 2, I, RETAIN, "ALARM", "OK"),
    ("- - - X 0", 1, "OK", "OK", "OK", "OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", 1, "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", 2, "OK", "OK", "ALARM", "OK"),
    ("- - - X -", 2, "ALARM", RETAIN, "ALARM", "OK"),
]


@pytest.mark.parametrize(
    ("needed", "row"), [*((3, row) for row in THREE_OF_THREE), *((2, row) for row in TWO_OF_THREE)], ids=str
)
def test_states_are_those_of_the_documented_tables(needed: int, row: tuple[str, int, str, str, str, str]) -> None:
    marks, filled, *states = row
    latest_first = [
        Point(age, -age, 0.0, mark == "X") for age, mark in enumerate(reversed(marks.split())) if mark != "-"
    ]

    for missing, state in zip(("missing", "ignore", "breaching", "notBreaching"), states, strict=True):
        evaluation = evaluate(latest_first, periods=3, needed=needed, missing=missing)
        assert (evaluation.state, max(evaluation.filled, 0)) == (state, filled), missing


GRID = Grid(600, 60, 5)
SERIES = {
    "m1": [30, 20, 0, 0, None],
    "m2": [20, None, 20, None, None],
    "one": [1, 1, 0, 0, None],
    "two": [30, None, 0, 0, 30],
    "three": [0, 0, 20, None, 20],
    "gap": [None, 4, None, 6, None],
}


def worked_out(expression: str) -> list[float | None]:
    store = MetricStore()
    for name, numbers in SERIES.items():
        for at, number in zip(GRID.times, numbers, strict=True):
            if number is not None:
                store.add_value(Metric("Test", name), at, float(number), "None")
    entries = [
        {"Id": name, "MetricStat": {"Metric": {"Namespace": "Test", "MetricName": name}, "Period": 60, "Stat": "Sum"}}
        for name in SERIES
    ]
    queries = read([*entries, {"Id": "e", "Expression": expression}])
    points = QueryResults(store, queries, GRID).series("e").points
    return [points.get(at) for at in GRID.times]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The documentation's own examples.
        ("m1 < m2", [0, 0, 1, 0, None]),
        ("m1 >= 30", [1, 0, 0, 0, None]),
        ("IF(one, two, three)", [30, 0, 20, None, None]),
        ("IF(one, 5, three)", [5, 5, 20, None, None]),
        ("IF(one, two, 5)", [30, 0, 5, 5, None]),
        ("IF(1, two, three)", [30, None, 0, 0, 30]),
        # A missing value counts as 0, a division by zero drops the point.
        ("m1 + m2", [50, 20, 20, 0, None]),
        ("m1 / m2", [1.5, None, 0, None, None]),
        ("m2 - 1", [19, None, 19, None, None]),
        ("-m1 * 2 + 2 * 2 * 4", [-44, -24, 16, 16, None]),
        ("(m1 + 1) / 2 - 1 / 2 / 5", [15.4, 10.4, 0.4, 0.4, None]),
        ("FILL(gap, 0)", [0, 4, 0, 6, 0]),
        # The canary's: enough calls, then the share of failed ones; never missing.
        ("IF(FILL(m1, 0) >= 20, (FILL(m2, 0) + FILL(gap, 0)) / m1, 0)", [20 / 30, 0.2, 0, 0, 0]),
    ],
)
def test_metric_math(expression: str, expected: list[float | None]) -> None:
    found = worked_out(expression)

    assert [value is None for value in found] == [value is None for value in expected]
    assert [v for v in found if v is not None] == pytest.approx([v for v in expected if v is not None])


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("m1 +", "ends too early"),
        ("absent", "there is no absent"),
        ("e + 1", "refers to itself"),
        ("1 + 2", "no time series"),
        ("m1 m2", "unexpected m2"),
        ("m1 ? 2", "does not support"),
        ("FILL(m1)", "FILL with 2 arguments, not 1"),
        ("IF(m1 > 1, m2)", "IF with 3 arguments, not 2"),
    ],
)
def test_invalid_metric_math_is_refused_with_its_reason(expression: str, why: str) -> None:
    with pytest.raises(ServiceError, match=why) as caught:
        worked_out(expression)
    assert caught.value.code == "ValidationError"


STATES = {"red": "ALARM", "green": "OK", "grey": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(red)", True),
        ('ALARM("green")', False),
        ("ALARM('grey') OR ALARM(green)", False),
        ('ALARM("green") OR ALARM("red") OR ALARM("grey")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:red)", True),
    ],
)
def test_a_composite_rule(rule: str, holds: bool) -> None:
    assert parse(rule).holds(lambda name: STATES[name]) is holds


@pytest.mark.parametrize("rule", ["", "ALARM(", "ALARM()", "red", "ALARM(red) OR", "alarm(red)", 'ALARM("red)'])
def test_invalid_alarm_rule_is_refused(rule: str) -> None:
    with pytest.raises(ServiceError, match="AlarmRule"):
        parse(rule)


def test_statistics_of_values_and_of_statistic_sets() -> None:
    values = Values()
    for number in range(1, 101):
        values.add(float(number))

    assert [statistic(values, name) for name in ("SampleCount", "Sum", "Average", "Minimum", "Maximum")] == [
        100, 5050, 50.5, 1, 100,
    ]  # fmt: skip
    assert [statistic(values, name) for name in ("p50", "p99", "p99.9", "p0", "p100")] == [50, 99, 100, 1, 100]
    values.add_set(10, 100, 1, 50)
    assert statistic(values, "SampleCount") == 110
    assert statistic(values, "p99") is None, "a statistic set has no single values"
    assert not math.isfinite(Values().low)
