"""Which rows become golden: a plain one first, then rows that touch every leaf of the signature.

A leaf is a category, an end of a number's range, either boolean, a missing value, a category never seen. Composed rows
take one leaf from every input at once, so a few of them reach all leaves however many inputs there are; single rows
change one input only, so that a wrong answer names its culprit. Deterministic: equal material, equal rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

from fairlead.engines import Engine
from fairlead.errors import EngineError
from fairlead.model.golden import Golden
from fairlead.model.signature import Field, Signature
from fairlead.publishing.parity.compare import answerable, difference
from fairlead.publishing.signature.probe import unseen_value

MOST_ROWS = 100
MOST_VALUES = 10_000
"""Rows times inputs: the blob is read on every cold start."""
FEWEST_ROWS = 12
PLAIN_ROWS = 10
MOST_CATEGORIES = 40  # of one input
SEARCHED = 2_000  # held-out rows in which a real example of a leaf is looked for

Row = tuple[Any, ...]


def golden_of(signature: Signature, rows: Sequence[Row], reference: Engine, serving: Engine) -> Golden:
    """Choose golden rows and answer them by the engine that will serve; raises EngineError where the estimator differs.

    Rows that the estimator itself cannot answer are left out.
    """
    chosen = answerable(reference, choose(signature, rows))
    answers = serving.answer(chosen)
    if serving is not reference and (found := difference(reference.answer(chosen), answers)):
        raise EngineError(
            f"engine and estimator differ on golden rows: {found}", hint="publish it with --engine sklearn"
        )
    return Golden(rows=chosen, answers=answers)


def choose(signature: Signature, rows: Sequence[Row]) -> list[Row]:
    """Return the golden rows, at most MOST_ROWS; the first is a plain one."""
    plain = next((row for row in rows if None not in row), rows[0])
    leaves = [list(_leaves(field)) for field in signature.inputs]
    step = max(1, len(rows) // PLAIN_ROWS)
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_VALUES // len(signature.inputs)))
    found = chain([plain], _composed(leaves, plain), rows[::step][:PLAIN_ROWS], _single(leaves, plain, rows[:SEARCHED]))
    return list(islice(_unique(found), most))


def _unique(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows once each, made one at a time: thousands of inputs have many leaves."""
    seen: set[Row] = set()
    for row in rows:
        if row not in seen:
            seen.add(row)
            yield row


def _leaves(field: Field) -> Iterator[Any]:
    if field.kind == "boolean":
        yield from (False, True)
    elif field.kind == "category":
        yield from (field.categories or ())[:MOST_CATEGORIES]
        if not field.closed:
            yield unseen_value(field)
    else:
        ends = (end for end in (field.minimum, field.maximum) if end is not None)
        yield from (int(end) if field.kind == "integer" else end for end in ends)
    if field.nullable:
        yield None


def _composed(leaves: Sequence[Sequence[Any]], plain: Row) -> Iterator[Row]:
    """The n-th row has every input's n-th leaf; inputs with fewer begin again, each at another place."""
    for turn in range(max(map(len, leaves), default=0)):
        yield tuple(
            values[turn % len(values)] if values else value for values, value in zip(leaves, plain, strict=True)
        )


def _single(leaves: Sequence[Sequence[Any]], plain: Row, rows: Sequence[Row]) -> Iterator[Row]:
    """One leaf a row, inputs taking turns; a held-out row that has it, else the plain row with it put in."""
    for turn in zip_longest(*([(place, value) for value in values] for place, values in enumerate(leaves))):
        for place, value in filter(None, turn):
            real = (row for row in rows if row[place] == value and type(row[place]) is type(value))
            yield next(real, (*plain[:place], value, *plain[place + 1 :]))
