"""Moments as people type them."""

import re
from datetime import UTC, datetime

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
        raise SettingsError(f"{spell(read)} is in the future")
    return read


def spell(at: datetime) -> str:
    """Spell a moment for people: UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
