"""Parses times and durations of the command line."""

import re
from datetime import UTC, datetime

SPAN = re.compile(r"(\d+(?:\.\d+)?)([dh])")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
EXAMPLE = "for example 2026-11-22T10:00Z, 2026-11-22T11:00+01:00, 2026-11-22 (its first moment, UTC) or now"


def moment(text: str, *, now: datetime) -> datetime:
    """Read an ISO 8601 time with its offset, a date, or `now`; raises SettingsError for anything else or the future."""
    from fairlead.errors import SettingsError

    if text == "now":
        return now
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not a time: {error}", hint=EXAMPLE) from error
    if DATE.fullmatch(text):
        read = read.replace(tzinfo=UTC)
    if read.tzinfo is None:
        raise SettingsError(f"{text!r} does not say in which time zone", hint=EXAMPLE)
    try:
        read = read.astimezone(UTC)
    except OverflowError as error:
        raise SettingsError(f"{text!r} is not a time that exists in UTC", hint=EXAMPLE) from error
    if read > now:
        raise SettingsError(f"{utc_text(read)} is in the future")
    return read


def days(text: str) -> float:
    """Read a span such as 30d or 36h, in days; raises SettingsError."""
    from fairlead.errors import SettingsError

    found = SPAN.fullmatch(text)
    if not found or float(found[1]) <= 0:
        raise SettingsError(f"{text!r} is no span of time", hint="for example 30d or 36h")
    return float(found[1]) / (24 if found[2] == "h" else 1)


def utc_text(at: datetime) -> str:
    """Format a time: UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
