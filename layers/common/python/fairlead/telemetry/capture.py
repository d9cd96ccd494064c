"""Capture: a request's rows and answers as log lines, which the feedback loop reads.

Lambda splits a line near 256 KB, so a large request becomes several parts, each complete in itself.
Law: the parts of a request hold each of its captured rows once, in order. Of a chunk of a batch job, which counts as a
request, only a sample is captured (`fairlead.batch.sample`).
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zlib import crc32

import msgspec
from msgspec import Meta

from fairlead.model.answers import Answers
from fairlead.model.signature import Scalar, Signature

LARGEST_PART = 200_000
"""Bytes of a line: Lambda cuts near 256 KB, and DynamoDB keeps no item over 400 KB."""
MOST_COUNTERS = 9_000
"""Counters that a part may update. The part and its counters are written in one transaction, which has room for 99
updates of 100 counters each (`fairlead.feedback.ledger.counter_items`)."""
MOST_CELLS = 53
MOST_ANSWERS = 52
"""Counters of one field, and of one answer without its fields, at most."""
REQUEST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Lambda's request ids. The ledger's other items have keys of other forms."""
MOST_DIGITS = 7
"""Digits of a row's number: enough for every request."""
LATEST = 253_402_300_799_999
"""The end of the year 9999 in ms since 1970: Python's `datetime` ends there."""


def _always(value: Any) -> Any:
    """Return a default that is written nevertheless: `omit_defaults` does not leave out values of a factory."""
    return msgspec.field(default_factory=lambda: value)


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows `first`, `first` + 1, … of the `of` rows of a request, answered by one release at `at` (ms since 1970).

    `rows` hold the `fields` that may be stored, in this order; a row that is too large is None. The columns hold each
    row's label, probabilities in the order of the signature's classes, value or values, and score; columns that the
    task does not have are None. `caller` is a pseudonym.

    Of schema 2, `fields` are left out where they are all inputs of the version, which the ledger puts back. Lines of
    schema 1 always name them.

    `timestamp` is `at` as RFC 3339: Lambda's JSON log format adds its own to lines without one. Other members that a
    log service adds are ignored: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    """

    event: Literal["capture"] = _always("capture")
    level: Literal["INFO"] = _always("INFO")
    timestamp: str = ""
    schema: Literal[1, 2] = _always(2)
    request: str
    at: Annotated[int, Meta(ge=0, le=LATEST)]
    model: str
    version: Annotated[int, Meta(ge=1, lt=2**31)]
    release: str
    digest: str
    caller: Annotated[str, Meta(max_length=64)]
    first: Annotated[int, Meta(ge=0)] = 0
    of: Annotated[int, Meta(ge=1, lt=10**MOST_DIGITS)]
    fields: tuple[str, ...] = ()
    rows: Annotated[list[list[Scalar | None] | None], Meta(min_length=1)]
    labels: list[Scalar] | None = None
    probabilities: list[list[float | None]] | None = None
    values: list[float | list[float | None] | None] | None = None
    scores: list[float | None] | None = None

    @property
    def width(self) -> int:
        """Number of values in each row that is not None."""
        return len(self.fields) or next((len(row) for row in self.rows if row is not None), 0)


class CapturedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request: its id, its time (ms since 1970), the caller's pseudonym, its rows in the signature's order.

    Where only some of the `of` rows of a request are captured, they begin with its row `first`.
    """

    request: str
    at: int
    caller: str
    rows: Sequence[Sequence[Any]]
    first: int = 0
    of: int = 0


class CapturedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to a request; `identity` is model, version, digest and release."""

    identity: dict[str, Any]
    answers: Answers


class Capture:
    """Makes the log lines of a version's requests, without the fields in `drop`."""

    def __init__(self, signature: Signature, *, drop: frozenset[str] = frozenset()) -> None:
        self._kept = [place for place, field in enumerate(signature.inputs) if field.name not in drop]
        self._whole = len(self._kept) == len(signature.inputs)
        self._fields = () if self._whole else tuple(signature.inputs[place].name for place in self._kept)

    def lines(self, request: CapturedRequest, answered: CapturedAnswer) -> Iterator[str]:
        """Yield the log lines of one request."""
        return _lines(self._part(request, answered))

    def _part(self, request: CapturedRequest, answered: CapturedAnswer) -> Part:
        rows: list[list[Scalar | None] | None] = [
            list(row) if self._whole else [row[place] for place in self._kept] for row in request.rows
        ]
        answers = answered.answers
        return Part(
            request=request.request,
            at=request.at,
            timestamp=datetime.fromtimestamp(request.at / 1000, UTC).isoformat(timespec="milliseconds"),
            caller=request.caller,
            first=request.first,
            of=request.of or len(rows),
            fields=self._fields,
            rows=rows,
            labels=answers.labels,
            probabilities=answers.probabilities,  # type: ignore[arg-type]  # list is invariant
            values=answers.values,  # type: ignore[arg-type]  # list is invariant
            scores=answers.scores,  # type: ignore[arg-type]  # list is invariant
            **answered.identity,
        )


def sampled(request: str, rate: float) -> bool:
    """Return whether a request is captured, a function of its id alone; `rate` is a share, 0 to 1."""
    return crc32(request.encode()) < rate * 2**32


def pseudonym(caller: str, key: str) -> str:
    """Return a caller's (an ARN's) pseudonym: equal for all its requests, without revealing the ARN.

    ARNs can be guessed, so it is an HMAC (RFC 2104): guesses cannot be checked without the stack's key.
    """
    return hmac.digest(key.encode(), caller.encode(), "sha256").hex()[:16]


def prediction_id(request: str, row: int) -> str:
    """Return the prediction id of a row of a request."""
    return f"{request}-{row}"


def prediction_ids(request: str, rows: int) -> list[str]:
    """Return the prediction ids of a request's rows, in their order."""
    return [f"{request}-{row}" for row in range(rows)]  # a call for each row took a fifth of a large request


def parse_prediction_id(name: str) -> tuple[str, int] | None:
    """Return a prediction id's request and row; None for a text that `prediction_id` never returns."""
    request, _, row = name.rpartition("-")
    if not REQUEST.fullmatch(request) or not row.isdecimal() or len(row) > MOST_DIGITS or row != str(int(row)):
        return None
    return request, int(row)


def decode(line: str | bytes) -> Part:
    """Return a line's part; raises msgspec.MsgspecError for anything else, and for a part that contradicts itself."""
    part = _DECODER.decode(line)
    columns = (part.labels, part.probabilities, part.values, part.scores)
    if any(column is not None and len(column) != len(part.rows) for column in columns):
        raise msgspec.ValidationError("the columns of a part differ in length")
    if any(len(row) != part.width for row in part.rows if row is not None):
        raise msgspec.ValidationError("a row has other fields than its part")
    if part.first + len(part.rows) > part.of:
        raise msgspec.ValidationError("a part lies outside its request")
    return part


def counters(part: Part) -> int:
    """Return an upper bound for the number of counters that a part updates."""
    captured = sum(row is not None for row in part.rows)
    return min(captured, MOST_CELLS) * part.width + min(len(part.rows), MOST_CELLS) * MOST_ANSWERS


_DECODER = msgspec.json.Decoder(Part)


def _lines(part: Part) -> Iterator[str]:
    """Yield a part's lines, halving it until each fits a line and its counters fit a transaction."""
    line = msgspec.json.encode(part)
    if len(line) <= LARGEST_PART and counters(part) <= MOST_COUNTERS:
        yield line.decode()
    elif len(part.rows) > 1:
        middle = len(part.rows) // 2
        yield from _lines(_piece(part, slice(0, middle)))
        yield from _lines(_piece(part, slice(middle, None)))
    else:
        yield msgspec.json.encode(msgspec.structs.replace(part, fields=(), rows=[None])).decode()


def _piece(part: Part, which: slice) -> Part:
    columns = {name: getattr(part, name) for name in ("rows", "labels", "probabilities", "values", "scores")}
    cut = {name: column and column[which] for name, column in columns.items()}
    return msgspec.structs.replace(part, first=part.first + (which.start or 0), **cut)
