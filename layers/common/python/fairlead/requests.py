"""Reads a request body against a signature: rows out, or an error naming the row and the field.

The quick path is one msgspec decode into a struct built from the signature. Only a body that it refuses, or that may
hold duplicate keys, is read a second time, slowly, to say what is wrong.
"""

import json
import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, Optional

import msgspec

from fairlead.errors import FieldError, InstancesError, NotJsonError
from fairlead.signature import LARGEST_INTEGER, Field, Signature

Row = tuple[Any, ...]
OMITTED = msgspec.UNSET
COLON: dict[type, bytes | str] = {bytes: b":", str: ":"}
MOST_ERRORS = 20
EXPECTED = {
    "number": "a finite number",
    "integer": f"a whole number between ±{LARGEST_INTEGER}",
    "boolean": "true or false",
    "category": "a category",
    "text": "text",
}


class RequestReader:
    """Decodes `{"instances": [{field: value, …}, …]}` for one signature."""

    def __init__(self, signature: Signature) -> None:
        self._fields = {field.name: field for field in signature.inputs}
        self._nullable = any(field.nullable for field in signature.inputs)
        row = msgspec.defstruct(
            "Instance",
            [_member(position, field) for position, field in enumerate(signature.inputs)],
            rename={f"f{position}": field.name for position, field in enumerate(signature.inputs)},
            forbid_unknown_fields=True,
            kw_only=True,
        )
        body = msgspec.defstruct("Body", [("instances", list[row])], forbid_unknown_fields=True)  # type: ignore[valid-type]  # built at run time
        self._decode: Callable[[bytes | str], Any] = msgspec.json.Decoder(body).decode

    def rows(self, body: bytes | str) -> list[Row]:
        """Return one tuple a row in signature order, None for missing; raises NotJsonError or InstancesError."""
        try:
            decoded = self._decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._explain(body)
            raise NotJsonError(f"the body cannot be read: {error}") from error
        rows = [msgspec.structs.astuple(instance) for instance in decoded.instances]
        if not rows:
            raise InstancesError("`instances` is empty", hint="send at least one row")
        omitted = sum(row.count(OMITTED) for row in rows) if self._nullable else 0
        # Duplicate keys are silent in JSON readers, but each adds a colon. Colons inside strings send us down the slow
        # path for nothing, which costs time and never an answer.
        if body.count(COLON[type(body)]) != len(rows) * len(self._fields) + 1 - omitted:  # type: ignore[arg-type]
            self._explain(body)
        if omitted:
            self._refuse_empty(rows)
            return [tuple(None if value is OMITTED else value for value in row) for row in rows]
        return rows

    def _refuse_empty(self, rows: list[Row]) -> None:
        """A row without any field is a mistake of the caller's, even where every field may be missing."""
        for position, row in enumerate(rows):
            if row.count(OMITTED) == len(row):
                error = FieldError(row=position, field="", expected="at least one field", got="an empty object")
                raise InstancesError(f"row {position}: expected at least one field", errors=[error])

    def _explain(self, body: bytes | str) -> None:
        """Read the body the slow way and raise what is wrong with it; returns if nothing is."""
        instances = _instances(_loads(body))
        errors: list[FieldError] = []
        for row, instance in enumerate(instances):
            errors.extend(self._row_errors(row, instance))
            if len(errors) >= MOST_ERRORS:
                break
        if errors:
            first = errors[0]
            where = f"row {first['row']}" + (f", field {first['field']!r}" if first["field"] else "")
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise InstancesError(
                f"{where}: expected {first['expected']}, got {first['got']}{more}",
                errors=errors[:MOST_ERRORS],
                hint="GET /model shows the signature, GET /versions/N that of version N",
            )

    def _row_errors(self, row: int, instance: Any) -> Iterable[FieldError]:
        if not isinstance(instance, _Members):
            yield FieldError(row=row, field="", expected="an object of fields", got=_shown(instance))
            return
        seen: dict[str, Any] = {}
        for name, value in instance.pairs:
            if name in seen:
                yield FieldError(row=row, field=name, expected="each field once", got="the field twice")
            elif name not in self._fields:
                expected = "a field of the signature"
                yield FieldError(row=row, field=name[:100], expected=expected, got="an unknown field")
            seen[name] = value
        for name, field in self._fields.items():
            if name not in seen and not field.nullable:
                yield FieldError(row=row, field=name, expected=_expected(field), got="nothing")
            elif name in seen and not _fits(field, seen[name]):
                yield FieldError(row=row, field=name, expected=_expected(field), got=_shown(seen[name]))


class _Members:
    """A JSON object as its members in order, duplicates kept."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _member(position: int, field: Field) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = _type(field)
    if not field.nullable:
        return f"f{position}", kind
    return f"f{position}", Optional[kind], OMITTED  # noqa: UP045 - Annotated has no | on Python 3.11


def _type(field: Field) -> Any:
    if field.closed and field.categories:
        return Literal[field.categories]
    if field.kind == "integer" or (field.kind == "category" and _of_integers(field)):
        return Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    return {"number": float, "boolean": bool, "category": str, "text": str}[field.kind]


def _of_integers(field: Field) -> bool:
    return bool(field.categories) and isinstance(field.categories[0], int)  # type: ignore[index]  # not empty


def _loads(body: bytes | str) -> Any:
    """Read JSON leniently, so that NaN and Infinity reach the field check; raises NotJsonError."""
    try:
        data = body.encode() if isinstance(body, str) else body
        return json.loads(data.decode(), object_pairs_hook=_Members, parse_int=_integer)
    except UnicodeError as error:
        raise NotJsonError(f"the body is not UTF-8: {error}") from error
    except json.JSONDecodeError as error:
        raise NotJsonError(f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise NotJsonError("the body is nested too deeply") from error


def _integer(digits: str) -> int | float:
    """Keep integers that any field could mean; one of hundreds of digits is as good as infinite."""
    return int(digits) if len(digits) < 300 else math.inf


def _instances(document: Any) -> list[Any]:
    shape = 'an object {"instances": [{…}, …]}'
    if not isinstance(document, _Members):
        raise InstancesError(f"the body must be {shape}, got {_shown(document)}")
    names = [name for name, _ in document.pairs]
    if names != ["instances"]:
        raise InstancesError(f"the body must be {shape}, got the members {', '.join(names[:5]) or 'none'}")
    instances = document.pairs[0][1]
    if not isinstance(instances, list):
        raise InstancesError(f"`instances` must be an array of rows, got {_shown(instances)}")
    return instances


def _fits(field: Field, value: Any) -> bool:
    if value is None:
        return field.nullable
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        msgspec.convert(value, _type(field))
    except (msgspec.ValidationError, OverflowError):
        return False
    return True


def _expected(field: Field) -> str:
    text = EXPECTED[field.kind]
    if field.closed and field.categories:
        listed = ", ".join(json.dumps(category) for category in field.categories[:10])
        text = f"one of {listed}" + (", …" if len(field.categories) > 10 else "")
    return f"{text} or null" if field.nullable else text


def _shown(value: Any) -> str:
    """What came, shortened and safe to send back: values only where they are small."""
    if isinstance(value, _Members):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN, Infinity or a number too large"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
