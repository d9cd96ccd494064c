"""The choice of golden rows: an ordinary row first, then rows that cover every leaf of the signature.

A leaf is a category, an end of a number's range, a boolean, a missing value or an unseen category. Composed rows take
one leaf from every input at once, so a few rows cover all leaves of any number of inputs. Single rows change one input
only, so that a wrong answer names the input. The choice is deterministic: equal inputs give equal rows.
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
"""Rows × inputs at most, because every cold start reads the blob."""
FEWEST_ROWS = 12
PLAIN_ROWS = 10
MOST_CATEGORIES = 40  # of one input
SEARCHED = 2_000  # held-out rows that are searched for a real example of a leaf

Row = tuple[Any, ...]


def golden_of(signature: Signature, rows: Sequence[Row], reference: Engine, serving: Engine) -> Golden:
    """Return golden rows with the answers of the engine that will serve.

    Rows that the estimator cannot answer are left out. Raises EngineError if engine and estimator differ.
    """
    chosen = answerable(reference, choose(signature, rows))
    answers = serving.answer(chosen)
    if serving is not reference and (found := difference(reference.answer(chosen), answers)):
        raise EngineError(
            f"engine and estimator differ on golden rows: {found}", hint="publish it with --engine sklearn"
        )
    return Golden(rows=chosen, answers=answers)


def choose(signature: Signature, rows: Sequence[Row]) -> list[Row]:
    """Return the golden rows, at most MOST_ROWS; the first is a held-out row without missing values, if any."""
    plain = next((row for row in rows if None not in row), rows[0])
    leaves = [list(_leaves(field)) for field in signature.inputs]
    step = max(1, len(rows) // PLAIN_ROWS)
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_VALUES // len(signature.inputs)))
    found = chain([plain], _composed(leaves, plain), rows[::step][:PLAIN_ROWS], _single(leaves, plain, rows[:SEARCHED]))
    return list(islice(_unique(found), most))


def _unique(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield each row once. A generator, because thousands of inputs have many leaves."""
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
    """Yield rows whose n-th row has every input's n-th leaf; inputs with fewer leaves start again."""
    for turn in range(max(map(len, leaves), default=0)):
        yield tuple(
            values[turn % len(values)] if values else value for values, value in zip(leaves, plain, strict=True)
        )


def _single(leaves: Sequence[Sequence[Any]], plain: Row, rows: Sequence[Row]) -> Iterator[Row]:
    """Yield a row for each leaf, inputs in turn: a held-out row that has the leaf, else `plain` with the leaf."""
    for turn in zip_longest(*([(place, value) for value in values] for place, values in enumerate(leaves))):
        for place, value in filter(None, turn):
            real = (row for row in rows if row[place] == value and type(row[place]) is type(value))
            yield next(real, (*plain[:place], value, *plain[place + 1 :]))
