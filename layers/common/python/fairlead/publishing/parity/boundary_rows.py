"""Boundary rows: values next to split thresholds, at the ends of the held-out range, missing, unseen and unusual.

An engine that differs from the estimator differs there first. Rows are deterministic: the same estimator, signature and
held-out rows give the same boundary rows.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, cycle, islice
from typing import Any

import numpy as np

from fairlead.model.signature import LARGEST_INTEGER, LARGEST_NUMBER, Field, Signature, positions
from fairlead.publishing.parity.split_points import thresholds_by_field
from fairlead.publishing.signature.probe import unseen_value

MOST_ROWS = 2_000
FEWEST_ROWS = 100
MOST_VALUES = 4_000_000
"""Rows × fields. Thousands of fields get fewer rows; fields with split thresholds come first."""
MOST_THRESHOLDS = 60  # of one field
MOST_CATEGORIES = 100  # of one field

ODD_TEXTS = (
    *("", " ", "\t\n", "a", "A", "0", "null", "NaN", "UPPER lower MiXeD", "don't stop-me_now 3.14!"),
    *("naïve CAFÉ İstanbul straße ﬁ", "日本語 текст 😀", "e\u0301 \u00a0 \u200b", "x" * 5_000),
)

MOST_FAR = 1_000
FAR_BASES = 4  # held-out rows that are changed
FAR_SIGNS = 6  # of all fields at once
FACTORS = (-10.0, 10.0, 100.0, 1e4, 1e8)
SIZES = (0.0, -0.0, 5e-324, 1e-310, 1e-38, 1e6, 1e10, 1e20, 1e30, LARGEST_NUMBER)
"""Sizes of far numbers: zeros, denormals of double and single precision, numbers whose squares or cubes overflow."""

Row = tuple[Any, ...]
Values = Sequence[float] | np.ndarray[Any, Any]


def boundary_rows(estimator: Any, signature: Signature, rows: Sequence[Row]) -> list[Row]:
    """Return boundary rows in signature order, fields in turn: at most MOST_ROWS rows and about MOST_VALUES values.

    Each row is a held-out row with one value replaced, or a row with all values at one extreme.
    """
    places = positions(signature)
    splits = thresholds_by_field(estimator, len(places) + len(signature.ignored))
    most = _most(MOST_ROWS, signature)
    chosen = sorted(range(len(places)), key=lambda position: places[position] not in splits)[: 2 * most]
    streams = [
        _field_rows(position, signature.inputs[position], splits.get(places[position], ()), rows)
        for position in sorted(chosen)
    ]
    found = islice(chain(_whole_rows(signature, rows[0]), _in_turn(streams)), 2 * most)
    return list(dict.fromkeys(found))[:most]


def far_rows(signature: Signature, rows: Sequence[Row]) -> list[Row]:
    """Return at most MOST_FAR rows and about MOST_VALUES values far outside the held-out range.

    They are held-out values times FACTORS, and all SIZES. First all number fields change at once, with several
    combinations of signs, then one field at a time.
    """
    numbers = [place for place, field in enumerate(signature.inputs) if field.kind in ("number", "integer")]
    chosen = rows[:: max(1, len(rows) // FAR_BASES)][:FAR_BASES]
    whole = _far_whole(signature, chosen, numbers) if numbers else iter(())
    most = _most(MOST_FAR, signature)
    fields = _in_turn([_far_field(signature, chosen, place) for place in numbers])
    return list(dict.fromkeys(islice(chain(whole, fields), 2 * most)))[:most]


def _most(rows: int, signature: Signature) -> int:
    return max(FEWEST_ROWS, min(rows, MOST_VALUES // len(signature.inputs)))


def _in_turn(streams: Sequence[Iterator[Row]]) -> Iterator[Row]:
    """Yield one row of each stream in turn, and ask no stream before its turn: a row of 20,000 fields is large."""
    while streams:
        left = []
        for stream in streams:
            row = next(stream, None)
            if row is not None:
                left.append(stream)
                yield row
        streams = left


def _far_whole(signature: Signature, rows: Sequence[Row], numbers: Sequence[int]) -> Iterator[Row]:
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (FAR_SIGNS, len(signature.inputs)))
    signs[0] = 1.0
    for factor in FACTORS:
        for row in rows:
            yield _replaced(signature, row, {place: (row[place] or 0.0) * factor for place in numbers})
    for size in SIZES:
        for row, sign in zip(cycle(rows), signs, strict=False):
            yield _replaced(signature, row, {place: float(sign[place]) * size for place in numbers})


def _far_field(signature: Signature, rows: Sequence[Row], place: int) -> Iterator[Row]:
    turns = cycle(rows)
    for size in SIZES:
        yield _replaced(signature, next(turns), {place: size})
        yield _replaced(signature, next(turns), {place: -size})
    for factor in FACTORS:
        row = next(turns)
        yield _replaced(signature, row, {place: (row[place] or 0.0) * factor})


def _replaced(signature: Signature, row: Row, values: Mapping[int, float]) -> Row:
    changed = list(row)
    for place, value in values.items():
        changed[place] = _number(signature.inputs[place], value)
    return tuple(changed)


def _whole_rows(signature: Signature, row: Row) -> Iterator[Row]:
    """Yield rows with all fields at once lowest, highest, below, above, zero, missing, unseen."""
    fields = signature.inputs
    for pick in (_lowest, _highest, _below, _above, _zero, _missing, _unseen):
        yield tuple(pick(field, value) for field, value in zip(fields, row, strict=True))


def _field_rows(position: int, field: Field, splits: Values, rows: Sequence[Row]) -> Iterator[Row]:
    """Yield held-out rows with one field's value replaced; a number replaces the value that is nearest to it."""
    numeric = field.kind in ("number", "integer")
    present = [row for row in rows if isinstance(row[position], (int, float))] if numeric else []
    own = np.array([row[position] for row in present], dtype=np.float64)
    for turn, value in enumerate(chain(_values(field, splits, own), _texts(field, position, rows))):
        if len(own) and value is not None:
            row = present[int(np.abs(own - value).argmin())]
        else:
            row = rows[turn * 7 % len(rows)]
        yield (*row[:position], value, *row[position + 1 :])


def _values(field: Field, splits: Values, own: np.ndarray[Any, Any]) -> Iterator[Any]:
    """Yield the values to try in one field, those most likely to differ first."""
    if field.nullable:
        yield None
    if field.kind == "boolean":
        yield from (True, False)
    elif field.kind == "text":
        yield from ODD_TEXTS
    elif field.kind == "category":
        yield from (field.categories or ())[:MOST_CATEGORIES]
        if not field.closed:
            yield unseen_value(field)
    else:
        edges = [pick(field, 0.0) for pick in (_lowest, _highest, _below, _above, _zero)]
        yield from (_number(field, value) for value in edges)
        step = _decimal_step(own)
        for split in _sample(splits, MOST_THRESHOLDS):
            yield from (_number(field, value) for value in _beside(split, step))
        for value in _sample(np.unique(own), MOST_THRESHOLDS // 3):
            yield from (_number(field, beside) for beside in _beside(float(value), step))


def _texts(field: Field, position: int, rows: Sequence[Row]) -> Iterator[str]:
    """Yield held-out texts in upper case, doubled, and cut in half."""
    if field.kind == "text":
        for text in [row[position] for row in rows[:20] if row[position] is not None]:
            yield from (text.upper(), f"{text}\n{text}", text[: len(text) // 2])


def _beside(value: float, step: float | None) -> Iterator[float]:
    """Yield the value, its neighbours in double and in single precision, and the values one decimal step away."""
    single = np.float32(value)
    yield from (value, math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
    for towards in (-np.inf, np.inf):
        yield float(np.nextafter(single, np.float32(towards)))
    if step:
        yield from (round(value / step) * step, value - step, value + step)


def _decimal_step(values: np.ndarray[Any, Any]) -> float | None:
    """Return the decimal grid of the data, such as 0.01 for prices; None if it has more than six decimals."""
    for decimals in range(7):
        if len(values) and np.array_equal(np.round(values, decimals), values):
            return float(10.0**-decimals)
    return None


def _sample(values: Values, most: int) -> list[float]:
    """Return at most `most` values, spread evenly over sorted `values`."""
    if len(values) <= most:
        return [float(value) for value in values]
    return [float(values[round(place)]) for place in np.linspace(0, len(values) - 1, most)]


def _number(field: Field, value: float) -> float | int:
    if field.kind != "integer":
        return float(max(-field.largest, min(field.largest, value)))
    return int(max(-LARGEST_INTEGER, min(LARGEST_INTEGER, round(value))))


def _lowest(field: Field, value: Any) -> Any:
    return _edge(field, value, field.minimum, 0.0)


def _highest(field: Field, value: Any) -> Any:
    return _edge(field, value, field.maximum, 0.0)


def _below(field: Field, value: Any) -> Any:
    return _edge(field, value, field.minimum, -1.0)


def _above(field: Field, value: Any) -> Any:
    return _edge(field, value, field.maximum, 1.0)


def _zero(field: Field, value: Any) -> Any:
    return _edge(field, value, 0.0, 0.0)


def _edge(field: Field, value: Any, edge: float | None, beyond: float) -> Any:
    """Return an edge of a number's range moved by `beyond` times the range's width; other kinds keep their value."""
    if field.kind not in ("number", "integer") or edge is None:
        return value
    width = (field.maximum or 0.0) - (field.minimum or 0.0) or 1.0
    return _number(field, edge + beyond * width)


def _missing(field: Field, value: Any) -> Any:
    return None if field.nullable else value


def _unseen(field: Field, value: Any) -> Any:
    return value if field.kind != "category" or field.closed else unseen_value(field)
