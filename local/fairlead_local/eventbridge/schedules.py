"""Schedule expressions in UTC: rate(…) and cron(…)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairlead_local.errors import ServiceError

UNITS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86_400, "days": 86_400}
RATE = re.compile(r"rate\((\d+) (\w+)\)")
CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
HORIZON_DAYS = 8 * 366  # a 29th of February is at most eight years away


@dataclass(frozen=True)
class Rate:
    """An interval in seconds from the creation of the rule."""

    seconds: int

    def after(self, moment: float) -> float | None:
        """Return the next time after a moment."""
        return moment + self.seconds


@dataclass(frozen=True)
class Cron:
    """The values that each field allows; days of the week count from 1 = Sunday."""

    minutes: Sequence[int]
    hours: Sequence[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]

    def after(self, moment: float) -> float | None:
        """Return the next time after a moment; None if there is none."""
        start = datetime.fromtimestamp(moment, UTC)
        day = start.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(HORIZON_DAYS):
            if self._wants(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        found = day.replace(hour=hour, minute=minute)
                        if found > start:
                            return found.timestamp()
            day += timedelta(days=1)
        return None

    def _wants(self, day: datetime) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and (self.days is None or day.day in self.days)
            and (self.weekdays is None or day.isoweekday() % 7 + 1 in self.weekdays)
        )


def read(expression: str) -> Rate | Cron:
    """Parse an expression; raises PutRule's ValidationException."""
    if rate := RATE.fullmatch(expression):
        return _rate(int(rate[1]), rate[2])
    if cron := CRON.fullmatch(expression):
        return _cron(cron.groups())
    raise _invalid()


def _rate(count: int, unit: str) -> Rate:
    # AWS requires the singular for one and the plural for more.
    if count < 1 or unit not in UNITS or (count == 1) is unit.endswith("s"):
        raise _invalid()
    return Rate(count * UNITS[unit])


def _cron(fields: Sequence[str]) -> Cron:
    minutes, hours, days, months, weekdays, years = fields
    # Exactly one of the two day fields must be ?.
    if (days == "?") is (weekdays == "?"):
        raise _invalid()
    return Cron(
        sorted(_values(minutes, 0, 59)),
        sorted(_values(hours, 0, 23)),
        None if days == "?" else _values(days, 1, 31),
        _values(months, 1, 12, MONTHS),
        None if weekdays == "?" else _values(weekdays, 1, 7, DAYS),
        _values(years, 1970, 2199),
    )


def _values(field: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start, end = (low, high) if span == "*" else (_number(first, names), _number(last or first, names))
        if step and not dash and span != "*":
            end = high
        every = _number(step or "1", ())
        if every < 1:
            raise _invalid()
        found |= set(range(start, end + 1, every))
    if not found or min(found) < low or max(found) > high:
        raise _invalid()
    return frozenset(found)


def _number(text: str, names: Sequence[str]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    # AWS also has L, W and #, which are not supported here.
    if not text.isdecimal():
        raise _invalid()
    return int(text)


def _invalid() -> ServiceError:
    return ServiceError("ValidationException", "Parameter ScheduleExpression is not valid.")
