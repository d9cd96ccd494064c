"""Moments between the API's datetimes and the epoch's seconds."""

from datetime import UTC, datetime


def epoch(given: datetime | None, default: float) -> float:
    """Epoch seconds; the parser hands over UTC without saying so."""
    if given is None:
        return default
    return (given.replace(tzinfo=UTC) if given.tzinfo is None else given).timestamp()


def moment(seconds: float) -> datetime:
    """Aware, in UTC, for the API."""
    return datetime.fromtimestamp(seconds, UTC)


def written(seconds: float) -> str:
    """As CloudWatch writes it in reasons and events: 2024-02-17T11:53:08.431+0000."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
