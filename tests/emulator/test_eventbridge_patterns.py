"""Event patterns and schedule expressions, without a cloud."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead_local.errors import ServiceError
from fairlead_local.eventbridge import event_patterns, schedules

EVENT = {
    "source": "aws.codedeploy",
    "resources": ["one", "two"],
    "detail": {"state": "FAILURE", "count": 3, "flag": True, "nothing": None, "nested": {"name": "prod-api"}},
}


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ({"source": ["aws.codedeploy"]}, True),
        ({"source": ["aws.ec2", "aws.codedeploy"]}, True),
        ({"source": ["aws.ec2"]}, False),
        ({"source": ["aws.codedeploy"], "detail": {"state": ["SUCCESS"]}}, False),
        ({"resources": ["two"]}, True),
        ({"resources": ["three"]}, False),
        ({"missing": ["x"]}, False),
        ({"detail": {"nothing": [None]}}, True),
        ({"detail": {"flag": [True]}}, True),
        ({"detail": {"flag": [1]}}, False),
        ({"detail": {"nested": {"name": [{"prefix": "prod-"}]}}}, True),
        ({"detail": {"nested": {"name": [{"suffix": "-api"}]}}}, True),
        ({"detail": {"nested": {"name": [{"prefix": "dev-"}, "prod-api"]}}}, True),
        ({"detail": {"nested": {"name": [{"equals-ignore-case": "PROD-API"}]}}}, True),
        ({"detail": {"state": [{"anything-but": "START"}]}}, True),
        ({"detail": {"state": [{"anything-but": ["START", "FAILURE"]}]}}, False),
        ({"detail": {"state": [{"anything-but": {"prefix": "FAIL"}}]}}, False),
        ({"detail": {"absent": [{"anything-but": "x"}]}}, False),
        ({"detail": {"state": [{"exists": True}]}}, True),
        ({"detail": {"absent": [{"exists": False}]}}, True),
        ({"detail": {"absent": [{"exists": True}]}}, False),
        ({"detail": {"count": [{"numeric": [">", 2, "<=", 3]}]}}, True),
        ({"detail": {"count": [{"numeric": ["=", 4]}]}}, False),
        ({"detail": {"flag": [{"numeric": ["=", 1]}]}}, False),
    ],
)
def test_pattern_matches_every_member_with_any_of_its_values(pattern: dict[str, Any], *, wanted: bool) -> None:
    assert event_patterns.matches(event_patterns.read(json.dumps(pattern)), EVENT) is wanted


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "{}", '{"source": "aws.ec2"}', '{"source": []}', '{"source": [["a"]]}', '{"$or": [{"a": ["b"]}]}',
        '{"source": [{"wildcard": "a*"}]}', '{"source": [{"exists": 1}]}', '{"a": [{"numeric": ["~", 1]}]}',
    ],
)  # fmt: skip
def test_invalid_or_unsupported_pattern_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        event_patterns.read(text)
    assert caught.value.code == "InvalidEventPatternException"


@pytest.mark.parametrize(
    ("expression", "after", "fires"),
    [
        ("rate(5 minutes)", "2026-11-22T10:00:00", "2026-11-22T10:05:00"),
        ("rate(1 day)", "2026-11-22T10:00:00", "2026-11-23T10:00:00"),
        ("cron(0 12 * * ? *)", "2026-11-22T12:00:00", "2026-11-23T12:00:00"),
        ("cron(0/15 * * * ? *)", "2026-11-22T10:46:00", "2026-11-22T11:00:00"),
        ("cron(15 10 ? * MON-FRI *)", "2026-11-21T00:00:00", "2026-11-23T10:15:00"),  # a Saturday
        ("cron(0 8 1,15 * ? *)", "2026-11-02T00:00:00", "2026-11-15T08:00:00"),
        ("cron(0 0 29 FEB ? *)", "2026-11-02T00:00:00", "2028-02-29T00:00:00"),
        ("cron(0 0 ? * 1 2027)", "2026-11-02T00:00:00", "2027-01-03T00:00:00"),  # the first Sunday
    ],
)
def test_a_schedule_fires_next(expression: str, after: str, fires: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()

    found = schedules.read(expression).after(moment)

    assert found is not None
    assert datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%dT%H:%M:%S") == fires


def test_schedule_in_a_past_year_never_fires() -> None:
    assert schedules.read("cron(0 0 1 1 ? 2020)").after(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minute)", "rate(1 minutes)", "rate(0 minutes)", "rate(5 seconds)", "cron(0 12 * * *)", "every day",
        "cron(0 12 * * * *)", "cron(0 12 ? * ? *)", "cron(60 12 * * ? *)", "cron(0 12 L * ? *)", "cron(x 12 * * ? *)",
        "cron(0/0 12 * * ? *)",
    ],
)  # fmt: skip
def test_invalid_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ServiceError) as caught:
        schedules.read(expression)
    assert caught.value.code == "ValidationException"
