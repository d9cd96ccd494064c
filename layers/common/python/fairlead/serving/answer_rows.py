"""Answers the rows of a request, or names the rows that the model cannot answer.

A row is the cause if it fails alone and the golden row is still answered as when the version was published (422).
Every other failure is the release's (500): no memory, a golden row that fails or has another answer, a batch that
fails although each of its rows is answered alone.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from fairlead.api.field_errors import shown
from fairlead.engines import Engine
from fairlead.errors import MOST_ROWS_NAMED, RowNotAnswerableError
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.signature import Signature

Row = tuple[Any, ...]
MOST_CALLS = 64
"""Calls of the engine for one request, which limits the time that a few bytes can cost."""
REFUSED, NO_NUMBER = "the estimator refuses it", "the answer is not a finite number"


class RowAnswerer:
    """Answers rows with one version's engine; `golden` is one row with its answer."""

    def __init__(self, engine: Engine, signature: Signature, golden: Golden) -> None:
        self._engine = engine
        self._names = [field.name for field in signature.inputs]
        self._golden = golden

    def answer(self, rows: Sequence[Row]) -> Answers:
        """Return the answers to a batch; raises RowNotAnswerableError, or RuntimeError if no row is the cause."""
        positions: Sequence[int] = ()
        cause: Exception = ArithmeticError(NO_NUMBER)
        reason = REFUSED
        try:
            answers = self._engine.answer(rows)
        except MemoryError:
            raise
        except RowNotAnswerableError as error:
            positions, reason, cause = error.positions, error.reason, error
        except Exception as error:  # noqa: BLE001 - an estimator may raise anything at a value
            cause = error
        else:
            positions, reason = without_number(answers), NO_NUMBER
            if not positions:
                return answers
        raise self._failure(rows, positions, reason) from cause

    def _failure(self, rows: Sequence[Row], known: Sequence[int], reason: str) -> Exception:
        calls = _Calls(self._engine)
        if not calls.agree(self._golden):
            return RuntimeError("the golden row is no longer answered as when the version was published")
        positions = list(known) or calls.refused(rows)
        if not positions:
            return RuntimeError(f"{len(rows)} rows fail together, and each is answered alone")
        fields = {}
        with suppress(_SpentError):
            for position in positions[:MOST_ROWS_NAMED]:
                place = calls.field(rows[position], self._golden.rows[0])
                fields[position] = (self._names[place], shown(rows[position][place]))
        return RowNotAnswerableError(positions, reason, fields=fields)


def without_number(answers: Answers) -> list[int]:
    """Return the positions of answers that hold an infinity or NaN."""
    found: set[int] = set()
    for column in (answers.probabilities, answers.values, answers.scores):
        if column and not math.isfinite(_sum(column)):  # a sum of huge numbers may be infinite too
            found |= {position for position, one in enumerate(column) if not _is_finite(one)}
    return sorted(found)


class _SpentError(Exception):
    """The limit of calls is reached."""


class _Calls:
    """Calls an engine after a batch failed, MOST_CALLS times including that batch; then raises _SpentError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._left = MOST_CALLS - 1

    def agree(self, golden: Golden) -> bool:
        """Return whether the engine still gives the golden answer."""
        answers = self._ask(golden.rows)
        return answers is not None and golden.agrees(answers)

    def refused(self, rows: Sequence[Row]) -> list[int]:
        """Return the positions of the first rows of a failed batch that fail alone."""
        found = []
        with suppress(_SpentError):
            for position in islice(self._halved(rows, 0, len(rows)), MOST_ROWS_NAMED):
                found.append(position)  # noqa: PERF402 - keeps those found before the calls are spent
        return found

    def field(self, row: Row, golden: Row) -> int:
        """Return the position of a value that makes a row fail, by bisection.

        Golden values replace the values behind the middle, so each step has one half with the cause.
        """
        answered, refused = 0, len(row)
        while refused - answered > 1:
            middle = (answered + refused) // 2
            if self._are_answered([row[:middle] + golden[middle:]]):
                answered = middle
            else:
                refused = middle
        return refused - 1

    def _halved(self, rows: Sequence[Row], start: int, stop: int) -> Iterator[int]:
        """Yield the refused rows of a failed part; if its left half is answered, its right half must fail."""
        if stop - start == 1:
            yield start
            return
        middle = (start + stop) // 2
        left = self._are_answered(rows[start:middle])
        if not left:
            yield from self._halved(rows, start, middle)
        if (left and stop - middle > 1) or not self._are_answered(rows[middle:stop]):
            yield from self._halved(rows, middle, stop)

    def _are_answered(self, rows: Sequence[Row]) -> bool:
        answers = self._ask(rows)
        return answers is not None and not without_number(answers)

    def _ask(self, rows: Sequence[Row]) -> Answers | None:
        if not self._left:
            raise _SpentError
        self._left -= 1
        try:
            return self._engine.answer(rows)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - an estimator may raise anything at a value
            return None


def _sum(column: Sequence[Any]) -> float:
    numbers: Iterable[float] = chain.from_iterable(column) if isinstance(column[0], list) else column
    return sum(numbers)


def _is_finite(one: float | list[float]) -> bool:
    return all(map(math.isfinite, one if isinstance(one, list) else [one]))
