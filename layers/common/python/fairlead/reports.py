"""Reads the body of POST /feedback: reports out, or an error naming the row and the member."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fairlead.errors import FieldError, NotJsonError, OutcomesError, TooLargeError
from fairlead.ledger.facts import Result

MOST_REPORTS = 1_000
LARGEST_BODY = 2 * 1024 * 1024
LONGEST_COMMENT = 500
MOST_ERRORS = 20

Text = Annotated[str, Meta(max_length=1_000)]
Name = Annotated[str, Meta(max_length=200)]
Actual = Text | int | float | bool | Annotated[dict[Name, float], Meta(max_length=200, min_length=1)]
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
        raise _explained(body) from error
    if not reports:
        raise OutcomesError("`outcomes` is empty", hint="send at least one")
    if len(reports) > MOST_REPORTS:
        raise TooLargeError(f"{len(reports):,} outcomes in one request", hint=f"send at most {MOST_REPORTS:,}")
    return reports


def _explained(body: bytes | str) -> NotJsonError | OutcomesError:
    """Read the body again, slowly, to say all that is wrong with it."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return NotJsonError(f"the body is not JSON: {error}")
    if not isinstance(document, dict) or list(document) != ["outcomes"] or not isinstance(document["outcomes"], list):
        return OutcomesError(f"the body must be {SHAPE}")
    return explained([error for row, report in enumerate(document["outcomes"]) for error in wrong(row, report)])


def explained(errors: Sequence[FieldError]) -> OutcomesError:
    """Make an error of what is wrong with some rows."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = f"row {first['row']}" + (f", {first['field']}" if first["field"] else "")
    return OutcomesError(
        f"{where}: expected {first['expected']}, got {first['got']}{more}", errors=errors[:MOST_ERRORS]
    )


def wrong(row: int, report: Any) -> Iterator[FieldError]:
    """Say what is wrong with a row as a report; nothing if it is one."""
    if not isinstance(report, dict):
        yield FieldError(row=row, field="", expected="an object", got=_shown(report))
        return
    for name in report.keys() - MEMBERS.keys():
        yield FieldError(row=row, field=name[:100], expected=f"one of {', '.join(MEMBERS)}", got="an unknown member")
    for name, (kind, expected) in MEMBERS.items():
        if name not in report:
            if name != "comment":
                yield FieldError(row=row, field=name, expected=expected, got="nothing")
        elif not _is(report[name], kind):
            yield FieldError(row=row, field=name, expected=expected, got=_shown(report[name]))


def _is(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}…"
