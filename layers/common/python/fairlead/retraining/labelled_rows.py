"""Labelled production rows: the ledger's pairs in the champion's signature, from all versions of the model."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from fairlead.drift.counters import SLOT
from fairlead.feedback.ledger import Pair
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.model.answers import canonical
from fairlead.model.signature import Field, Output, Signature
from fairlead.retraining.types import Labelled, Row
from fairlead.telemetry.capture import prediction_id

SESSION = re.compile(r"(arn:[^:]*:sts::\d+:assumed-role/[^/]+)/.*")
TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "category": (str, int),
    "text": (str,),
}


class Found(msgspec.Struct, kw_only=True):
    """Labelled rows, oldest prediction first. `incomplete` counts rows captured without a field, or too large.

    `unfit` counts rows or outcomes that do not fit the champion's signature. `dropped` names missing fields.
    """

    rows: list[Labelled]
    incomplete: int = 0
    unfit: int = 0
    dropped: tuple[str, ...] = ()


def labelled(reader: LedgerReader, model: str, signature: Signature, start: int, end: int) -> Found:
    """Return the labelled rows of predictions from `start` to `end` (seconds since 1970); raises StorageError."""
    found, dropped = Found(rows=[]), set[str]()
    names = [field.name for field in signature.inputs]
    targets = Targets(signature.output)
    for pair in _pairs(reader, model, start // SLOT, end // SLOT + 1):
        values = pair.column("rows")
        missing = set(names).difference(pair.part.fields) if values is not None else set[str]()
        if missing or values is None:
            found.incomplete += 1
            dropped |= missing
            continue
        by_name = dict(zip(pair.part.fields, values, strict=True))
        row = tuple(_value(field, by_name[field.name]) for field in signature.inputs)
        target = targets.of(pair.outcome.actual)
        if target is None or STRANGE in row:
            found.unfit += 1
            continue
        found.rows.append(_labelled(pair, row, target))
    found.rows.sort(key=lambda one: (one.at, one.request, one.id))
    found.dropped = tuple(sorted(dropped))
    return found


def _pairs(reader: LedgerReader, model: str, start: int, end: int) -> Iterator[Pair]:
    """Yield pairs of slots with counted outcomes; most of a month's three thousand slots are empty and not read."""
    for version in sorted({seen.version for seen in reader.seen() if seen.model == model}):
        for slot in sorted(reader.quality(model, version, start, end)):
            yield from reader.labelled(model, version, slot, slot + 1)


def _labelled(pair: Pair, row: Row, target: Any) -> Labelled:
    part, outcome = pair.part, pair.outcome
    return Labelled(
        id=prediction_id(part.request, outcome.row),
        request=part.request,
        at=part.at,
        row=row,
        target=target,
        by=SESSION.sub(r"\1", outcome.by),
        caller=part.caller,
        contradicted=pair.conflicts > 0,
    )


class Targets:
    """Converts outcomes to the estimator's training targets."""

    def __init__(self, output: Output) -> None:
        self._names = output.names
        self._classes = {canonical(one): one for one in output.classes or ()}

    def of(self, actual: Any) -> Any:
        """Return the class, the value, or the values in the targets' order; None if the outcome does not fit."""
        if self._classes:
            return None if isinstance(actual, dict) else self._classes.get(canonical(actual))
        if self._names:
            values: dict[str, float] = actual if isinstance(actual, dict) else {}
            return [float(values[name]) for name in self._names] if set(values) == set(self._names) else None
        if isinstance(actual, bool) or not isinstance(actual, (int, float)):
            return None
        return float(actual)


STRANGE = object()


def _value(field: Field, value: Any) -> Any:
    """Return the value in the field's type, or STRANGE if it does not fit the field."""
    if value is None:
        return None if field.nullable else STRANGE
    strange = not isinstance(value, TYPES[field.kind]) or (isinstance(value, bool) and field.kind != "boolean")
    if strange or (field.categories and not isinstance(value, type(field.categories[0]))):
        return STRANGE
    if field.kind != "number":
        return value
    return float(value) if abs(value) <= sys.float_info.max else STRANGE
