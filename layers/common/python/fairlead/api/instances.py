"""Reads the body of a predict request by a signature: returns rows, or raises an error that names row and field.

The fast path is one msgspec decode into a struct built from the signature. A body that it refuses, or that may hold
duplicate keys, is read a second time, row by row, to find the faults.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, NotRequired, Optional, TypedDict

import msgspec

from fairlead.api import field_errors, json_reader
from fairlead.api.field_errors import MOST_ERRORS, expected_of, shown
from fairlead.api.json_reader import is_plain, value_of
from fairlead.errors import FieldError, InstancesError, NotJsonError, RequestError, TooLargeError
from fairlead.model.signature import LARGEST_INTEGER, Field, Signature

Row = tuple[Any, ...]
OMITTED = msgspec.UNSET
PARAMETERS = "parameters"
COLON: dict[type, bytes | str] = {bytes: b":", str: ":"}
ESCAPED_COLON: dict[type, tuple[bytes | str, ...]] = {bytes: (b"\\u003a", b"\\u003A"), str: ("\\u003a", "\\u003A")}
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class PredictRequest(msgspec.Struct, frozen=True):
    """A request's rows in signature order, and whether it asks for the reasons of its predictions."""

    rows: list[Row]
    explain: bool = False


class RequestReader:
    """Decodes `{"instances": [{field: value, …}, …]}` for one signature, at most `most_rows` rows.

    `"parameters": {"explain": true}` may stand beside the instances, and ignored columns in a row.
    """

    def __init__(self, signature: Signature, *, most_rows: int = sys.maxsize - 1) -> None:
        self._most_rows = most_rows
        fields = signature.inputs
        self._fields = {field.name: field for field in fields}
        self._ignored = frozenset(column.name for column in signature.ignored)
        self._names = [*self._fields, *(column.name for column in signature.ignored)]
        self._whole = [(place, field) for place, field in enumerate(fields) if _is_whole(field)]
        self._optional = any(field.nullable for field in fields) or bool(self._ignored)
        types = {field.name: _member(field) for field in fields} | dict.fromkeys(self._ignored, (msgspec.Raw, False))
        row, self._values = _row_type({name: types[name] for name in self._names})
        members: Any = [("instances", list[row]), (PARAMETERS, msgspec.Raw, OMITTED)]  # type: ignore[valid-type]  # built at run time
        body = msgspec.defstruct("Body", members, forbid_unknown_fields=True)
        self._decode: Callable[[bytes | str], Any] = msgspec.json.Decoder(body).decode
        self._decode_row: Callable[[str], Any] = msgspec.json.Decoder(row).decode

    def rows(self, body: bytes | str) -> list[Row]:
        """Return the rows of a request, as `read` does."""
        return self.read(body).rows

    def read(self, body: bytes | str) -> PredictRequest:
        """Return one tuple per row in signature order, None for missing values, and what the parameters ask for.

        Raises NotJsonError, InstancesError, TooLargeError, RequestError for unknown parameters.
        """
        if self._ignored:  # the decoder skips their bytes unread
            json_reader.text_of(body)
        try:
            decoded = self._decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._explain(body)
            raise NotJsonError(f"the body cannot be read: {error}") from error
        rows = list(map(self._values, decoded.instances))
        if not rows:
            raise InstancesError("`instances` is empty", hint="send at least one row")
        self._check_count(len(rows))
        if not self._are_once(body, rows, 1 if decoded.parameters is OMITTED else 2 + _colons(decoded.parameters)):
            self._explain(body)
        if self._optional:
            rows = self._filled(rows)
        explain = decoded.parameters is not OMITTED and _asks_reasons(decoded.parameters)
        return PredictRequest(self._whole_numbers(rows, body), explain)

    def rows_of(self, instances: Iterable[dict[str, Any]]) -> list[Row]:
        """Return the rows that another protocol's request holds, after the same checks.

        Reads at most one row more than the request may have. Raises what `rows` raises.
        """
        taken = list(islice(instances, self._most_rows + 1))
        if not taken:
            raise InstancesError("there are no rows", hint="send at least one row")
        self._check_count(len(taken))
        return self.rows(json_of(taken))

    def _check_count(self, count: int) -> None:
        if count > self._most_rows:
            raise TooLargeError(
                f"more than {self._most_rows:,} rows would answer with more than Lambda's 6 MB",
                hint=f"send at most {self._most_rows:,} rows in a request",
            )

    def _are_once(self, text: bytes | str, rows: Sequence[Row], others: int) -> bool:
        """Return whether no member occurs twice in rows decoded from a text that has `others` further members.

        JSON decoders accept duplicates silently, but each adds a colon. Colons in names and values are counted only
        where there are too many. A text with an escaped colon returns False, so it is read row by row.
        """
        found = text.count(COLON[type(text)])  # type: ignore[arg-type]
        expected = others + len(rows) * len(self._names)
        if self._optional:
            expected -= sum(row.count(OMITTED) for row in rows)
        if found == expected:
            return True
        if any(text.count(escape) for escape in ESCAPED_COLON[type(text)]):  # type: ignore[arg-type]
            return False
        for place, name in enumerate(self._names):
            values = [row[place] for row in rows if row[place] is not OMITTED]
            expected += name.count(":") * len(values) + sum(map(_colons, values))
        return found == expected

    def _filled(self, rows: list[Row]) -> list[Row]:
        """Drop ignored columns and replace omitted fields by None; raises InstancesError for a row without fields."""
        width = len(self._fields)
        if self._ignored:
            rows = [row[:width] for row in rows]
        empty = next((place for place, row in enumerate(rows) if row.count(OMITTED) == width), None)
        if empty is not None:
            error = FieldError(row=empty, field="", expected="at least one field", got="an empty object")
            raise field_errors.refusal(InstancesError, [error])
        return [tuple(None if value is OMITTED else value for value in row) if OMITTED in row else row for row in rows]

    def _whole_numbers(self, rows: list[Row], body: bytes | str) -> list[Row]:
        """Replace floats such as `2008.0` by integers, in fields of integers."""
        floats = [place for place, _ in self._whole if float in {type(row[place]) for row in rows}]
        if not floats:
            return rows
        columns = list(zip(*rows, strict=True))
        for place, field in self._whole:
            if place in floats:
                columns[place] = tuple(_integer(value) for value in columns[place])
                if not all(_fits(field, value) for value in set(columns[place])):
                    self._explain(body)
        return list(zip(*columns, strict=True))

    def _explain(self, body: bytes | str) -> None:
        """Read the body row by row and raise an error that lists its faults; returns if it has none."""
        errors = list(islice(self._errors(body), MOST_ERRORS))
        if errors:
            raise field_errors.refusal(InstancesError, errors, hint=field_errors.HINT)

    def _errors(self, body: bytes | str) -> Iterator[FieldError]:
        for row, text in enumerate(json_reader.rows(body, "instances", InstancesError, beside=PARAMETERS)):
            self._check_count(row + 1)
            if self._is_right(text):
                continue
            if text.startswith("{"):
                yield from self._row_errors(row, text)
            else:
                yield FieldError(row=row, field="", expected="an object of fields", got=shown(value_of(text)))

    def _is_right(self, text: str) -> bool:
        try:
            row = self._values(self._decode_row(text))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        whole = all(type(row[place]) is not float for place, _ in self._whole)
        return whole and self._are_once(text, [row], 0)

    def _row_errors(self, row: int, text: str) -> Iterator[FieldError]:
        seen = set()
        for name, value in json_reader.members(text):
            if name in seen:
                yield FieldError(row=row, field=name, expected="each field once", got="the field twice")
            elif error := self._fault(row, name, value_of(value)):
                yield error
            seen.add(name)
        for name, field in self._fields.items():
            if name not in seen and not field.nullable:
                yield FieldError(row=row, field=name, expected=expected_of(field), got="nothing")

    def _fault(self, row: int, name: str, value: Any) -> FieldError | None:
        """Return the fault of a member; None if it has none."""
        if field := self._fields.get(name):
            right, expected, got = _fits(field, value), expected_of(field), shown(value)
        elif name in self._ignored:
            right, expected, got = is_plain(value), "a JSON value", shown(value)
        else:
            right, expected, got = False, "a field of the signature", "an unknown field"
        return None if right else FieldError(row=row, field=name[:100], expected=expected, got=got)


def _asks_reasons(parameters: bytes) -> bool:
    """Return the parameter `explain`; raises RequestError for another parameter or value."""
    try:
        return msgspec.json.decode(parameters, type=_Parameters).explain
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RequestError(
            f"`{PARAMETERS}`: {error}", hint='{"explain": true} asks for the reasons of each prediction'
        ) from error


class _Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    explain: bool = False


def json_of(instances: Sequence[Any]) -> bytes:
    """Return the body of a request with these instances; lone surrogates stay, and the reader names them."""
    try:
        return msgspec.json.encode({"instances": instances})
    except UnicodeEncodeError:
        return json.dumps({"instances": instances}).encode()


def _row_type(members: dict[str, tuple[Any, bool]]) -> tuple[Any, Callable[[Any], Row]]:
    """Return a type to decode a row into, and a function that returns its values in order, OMITTED for absent ones.

    Structs decode fastest, but refuse names that JSON escapes: with a quote, a backslash or a control character.
    """
    if not any(_ESCAPED.search(name) for name in members):
        places = [
            (f"f{place}", kind) if required else (f"f{place}", kind, OMITTED)
            for place, (kind, required) in enumerate(members.values())
        ]
        rename = {f"f{place}": name for place, name in enumerate(members)}
        row = msgspec.defstruct("Instance", places, rename=rename, forbid_unknown_fields=True, kw_only=True)
        return row, msgspec.structs.astuple
    # This type accepts unknown members. Their colons exceed the expected count, so the body is read row by row.
    kinds = {name: kind if required else NotRequired[kind] for name, (kind, required) in members.items()}
    names = list(members)
    return TypedDict("Instance", kinds), lambda row: tuple(row.get(name, OMITTED) for name in names)  # type: ignore[operator]  # built at run time


def _member(field: Field) -> tuple[Any, bool]:
    """Return a field's type and whether it is required."""
    kind = _type(field) | float if _is_whole(field) else _type(field)
    return (Optional[kind], False) if field.nullable else (kind, True)  # noqa: UP045 - Annotated has no | on Python 3.11


def _type(field: Field) -> Any:
    if field.closed and field.categories:
        return Literal[field.categories]
    if _is_whole(field):
        return Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    if field.kind == "number":
        return Annotated[float, msgspec.Meta(ge=-field.largest, le=field.largest)]
    return {"boolean": bool, "category": str, "text": str}[field.kind]


def _is_whole(field: Field) -> bool:
    """Return whether a field holds integers."""
    return field.kind == "integer" or (field.kind == "category" and _of_integers(field))


def _of_integers(field: Field) -> bool:
    return bool(field.categories) and isinstance(field.categories[0], int)  # type: ignore[index]  # not empty


def _integer(value: Any) -> Any:
    """Return a whole float as an integer: JSON has one number type (RFC 8259, section 6)."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_INTEGER:
        return int(value)
    return value


def _colons(value: Any) -> int:
    if isinstance(value, str):
        return value.count(":")
    return bytes(value).count(b":") if isinstance(value, msgspec.Raw) else 0


def _fits(field: Field, value: Any) -> bool:
    if value is None:
        return field.nullable
    if not is_plain(value):
        return False
    try:
        msgspec.convert(_integer(value) if _is_whole(field) else value, _type(field))
    except (msgspec.ValidationError, OverflowError):
        return False
    return True
