"""Reads the body of POST /feedback: returns reports, or raises an error that names row and member.

An integer beyond 64 bits is read as a double, and a number beyond doubles as the largest one. The intake refuses
numbers that are too large to be counted, and takes the other reports.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fairlead.api import field_errors, json_reader
from fairlead.api.field_errors import MOST_ERRORS, shown
from fairlead.api.json_reader import is_plain, value_of
from fairlead.errors import FieldError, OutcomesError, RowsError, TooLargeError
from fairlead.telemetry.outcomes import Result

MOST_REPORTS = 1_000
LARGEST_BODY = 2 * 1024 * 1024
LONGEST_COMMENT = 500

Text = Annotated[str, Meta(max_length=1_000)]
Name = Annotated[str, Meta(max_length=200)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Actual = Text | Whole | float | bool | Annotated[dict[Name, float], Meta(max_length=200, min_length=1)]
Comment = Annotated[str, Meta(max_length=LONGEST_COMMENT)]


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reported outcome: a class, a value, or values by name, small enough for one item of the ledger."""

    prediction_id: Name
    actual: Actual
    comment: Comment = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one report; `detail` gives the reason if it was not counted."""

    prediction_id: str
    status: Result | Literal["invalid"]
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Whether the ledger holds the reported outcome."""
        return self.status not in {"conflict", "invalid"}


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcomes: list[Report]


MEMBERS: dict[str, tuple[Any, str]] = {
    "prediction_id": (Name, "the id that a prediction was answered with"),
    "actual": (Actual, "text, a number, true or false, or numbers by name"),
    "comment": (Comment, f"text of at most {LONGEST_COMMENT} characters"),
}
TWICE = "a member twice"
SHAPE = 'an object {"outcomes": [{"prediction_id": …, "actual": …}, …]}'


def read(body: bytes | str) -> list[Report]:
    """Return the reports in the body's order; raises NotJsonError, OutcomesError, TooLargeError."""
    if len(body) > LARGEST_BODY:
        raise TooLargeError(
            f"the body has {len(body):,} bytes", hint=f"send at most {LARGEST_BODY:,}, in several requests"
        )
    try:
        reports = msgspec.json.decode(body, type=_Body).outcomes
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        reports = _by_member(body)
    if not reports:
        raise OutcomesError("`outcomes` is empty", hint="send at least one")
    _check_count(len(reports))
    return reports if _are_once(body, reports) else _by_member(body)


def _check_count(count: int) -> None:
    if count > MOST_REPORTS:
        raise TooLargeError(
            f"more than {MOST_REPORTS:,} outcomes in one request", hint=f"send at most {MOST_REPORTS:,}"
        )


def _are_once(body: bytes | str, reports: Sequence[Report]) -> bool:
    """Return whether no member can occur twice: the text has exactly one colon for each member."""
    members = sum(2 + bool(one.comment) + (len(one.actual) if isinstance(one.actual, dict) else 0) for one in reports)
    return (body.count(b":") if isinstance(body, bytes) else body.count(":")) == 1 + members


def _by_member(body: bytes | str) -> list[Report]:
    """Read the body again, member by member; raises NotJsonError, OutcomesError with the first faults."""
    reports: list[Report] = []
    errors: list[FieldError] = []
    for row, text in enumerate(json_reader.rows(body, "outcomes", OutcomesError)):
        _check_count(row + 1)
        report, twice = _report(text)
        errors += [FieldError(row=row, field=name[:100], expected="each member once", got=TWICE) for name in twice]
        errors += wrong(row, report)
        if len(errors) >= MOST_ERRORS:
            break
        if not errors:
            reports.append(msgspec.convert(report, Report))
    if errors:
        raise explained(errors[:MOST_ERRORS])
    return reports


def explained(errors: Sequence[FieldError]) -> RowsError:
    """Return the error that lists faults of rows; `errors` is not empty."""
    return field_errors.refusal(OutcomesError, errors)


def _report(text: str) -> tuple[Any, list[str]]:
    """Return a row's value, and the members in which a name occurs twice."""
    if not text.startswith("{"):
        return value_of(text), []
    report: dict[str, Any] = {}
    twice = []
    for name, value in json_reader.members(text):
        if name in report or (value.startswith("{") and _has_twice(value)):
            twice.append(name)
        report[name] = _within_doubles(value_of(value))
    return report, twice


def _within_doubles(value: Any) -> Any:
    """Return a value, or a flat object of values, with its numbers within doubles."""
    if isinstance(value, dict):
        return {name: _double(one) for name, one in value.items()}
    return _double(value)


def _double(value: Any) -> Any:
    """Return a double for an integer beyond 64 bits, the largest double for infinity, and any other value unchanged."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    if isinstance(value, float) and math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    return value


def _has_twice(text: str) -> bool:
    names = [name for name, _ in json_reader.members(text)]
    return len(set(names)) < len(names)


def wrong(row: int, report: Any) -> Iterator[FieldError]:
    """Yield the faults of a row; none if it is a report."""
    if not isinstance(report, dict):
        yield FieldError(row=row, field="", expected="an object", got=shown(report))
        return
    for name in report:
        if name not in MEMBERS:
            yield FieldError(
                row=row, field=name[:100], expected=f"one of {', '.join(MEMBERS)}", got="an unknown member"
            )
    for name, (kind, expected) in MEMBERS.items():
        if name not in report:
            if name != "comment":
                yield FieldError(row=row, field=name, expected=expected, got="nothing")
        elif not _is(report[name], kind):
            yield FieldError(row=row, field=name, expected=expected, got=shown(report[name]))


def _is(value: Any, kind: Any) -> bool:
    if not is_plain(value):
        return False
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
