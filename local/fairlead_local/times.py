"""Conversions between epoch seconds, datetimes and CloudWatch's time format."""

from datetime import UTC, datetime


def epoch(given: datetime | None, default: float) -> float:
    """Return epoch seconds; a naive datetime is UTC, as the parser returns it."""
    if given is None:
        return default
    return (given.replace(tzinfo=UTC) if given.tzinfo is None else given).timestamp()


def moment(seconds: float) -> datetime:
    """Return an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def cloudwatch_time(seconds: float) -> str:
    """Return the time in CloudWatch's format: 2024-02-17T11:53:08.431+0000."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
