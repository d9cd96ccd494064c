"""Reads the body of POST /feedback: reports out, or an error naming the row and the member."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fairlead.api import body_rows
from fairlead.api.body_rows import MOST_ERRORS, is_plain, shown, value_of
from fairlead.errors import FieldError, NotJsonError, OutcomesError, RowsError, TooLargeError
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
    """What a caller says came true: a class, a value, or values by name, all small enough for one item."""

    prediction_id: Name
    actual: Actual
    comment: Comment = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a report; `detail` says why where it was not taken."""

    prediction_id: str
    status: Result | Literal["invalid"]
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Say whether the ledger holds what was reported."""
        return self.status not in {"conflict", "invalid"}


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcomes: list[Report]


MEMBERS: dict[str, tuple[Any, str]] = {
    "prediction_id": (Name, "the id that a prediction was answered with"),
    "actual": (Actual, "text, a number, true or false, or numbers by name"),
    "comment": (Comment, f"text of at most {LONGEST_COMMENT} characters"),
}
SHAPE = 'an object {"outcomes": [{"prediction_id": …, "actual": …}, …]}'


def read(body: bytes | str) -> list[Report]:
    """Return the reports in their order; raises NotJsonError, OutcomesError, TooLargeError."""
    if len(body) > LARGEST_BODY:
        raise TooLargeError(
            f"the body has {len(body):,} bytes", hint=f"send at most {LARGEST_BODY:,}, in several requests"
        )
    try:
        reports = msgspec.json.decode(body, type=_Body).outcomes
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        _explain(body)
        raise NotJsonError(f"the body cannot be read: {error}") from error
    if not reports:
        raise OutcomesError("`outcomes` is empty", hint="send at least one")
    _check_count(len(reports))
    if not _are_once(body, reports):
        _explain(body)
    return reports


def _check_count(count: int) -> None:
    if count > MOST_REPORTS:
        raise TooLargeError(
            f"more than {MOST_REPORTS:,} outcomes in one request", hint=f"send at most {MOST_REPORTS:,}"
        )


def _are_once(body: bytes | str, reports: Sequence[Report]) -> bool:
    """Say whether no member can stand twice: each has its colon, and there is no other."""
    members = sum(2 + bool(one.comment) + (len(one.actual) if isinstance(one.actual, dict) else 0) for one in reports)
    return (body.count(b":") if isinstance(body, bytes) else body.count(":")) == 1 + members


def _explain(body: bytes | str) -> None:
    """Read the body again, slowly, to raise what is wrong with it; returns if nothing is."""
    if errors := list(islice(_errors(body), MOST_ERRORS)):
        raise explained(errors)


def explained(errors: Sequence[FieldError]) -> RowsError:
    """Make the error that names what is wrong with some rows."""
    return body_rows.refusal(OutcomesError, errors)


def _errors(body: bytes | str) -> Iterator[FieldError]:
    for row, text in enumerate(body_rows.rows(body, "outcomes", OutcomesError)):
        _check_count(row + 1)
        if not text.startswith("{"):
            yield from wrong(row, value_of(text))
            continue
        report = {}
        for name, value in body_rows.members(text):
            if name in report or (value.startswith("{") and _has_twice(value)):
                yield FieldError(row=row, field=name[:100], expected="each member once", got="a member twice")
            report[name] = value_of(value)
        yield from wrong(row, report)


def _has_twice(text: str) -> bool:
    names = [name for name, _ in body_rows.members(text)]
    return len(set(names)) < len(names)


def wrong(row: int, report: Any) -> Iterator[FieldError]:
    """Say what is wrong with a row as a report; nothing if it is one."""
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
