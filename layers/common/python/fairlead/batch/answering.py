"""Answers of a version's engine to many rows: a row that has no answer gets a reason, the others get theirs."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.engines import Engine
from fairlead.engines.row_packing import ColumnRows
from fairlead.errors import RowNotAnswerableError
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.serving.answer_rows import NO_NUMBER, REFUSED, without_number

Positions = np.ndarray[tuple[int], np.dtype[np.int64]]
NO_ANSWER = "the model has no answer: "


class Answered(msgspec.Struct, frozen=True):
    """The answers to a block: for each part its positions in the block, and by position why a row has no answer."""

    parts: list[tuple[Positions, Answers]]
    faults: dict[int, str]

    def columns(self, rows: int) -> dict[str, list[Any]]:
        """Return the answers as columns of the whole block, None where a row has no answer."""
        if len(self.parts) == 1 and len(self.parts[0][0]) == rows:
            return dict(_columns(self.parts[0][1]))
        found: dict[str, list[Any]] = {}
        for positions, answers in self.parts:
            for name, column in _columns(answers):
                whole = found.setdefault(name, [None] * rows)
                for place, value in zip(positions.tolist(), column, strict=True):
                    whole[place] = value
        return found


def _columns(answers: Answers) -> list[tuple[str, list[Any]]]:
    return [(name, column) for name, column in msgspec.structs.asdict(answers).items() if column is not None]


class BlockAnswerer:
    """Answers blocks with one version's engine; `golden` is one row with its answer."""

    def __init__(self, engine: Engine, golden: Golden) -> None:
        self._engine = engine
        self._golden = golden

    def answer(self, rows: ColumnRows, positions: Positions) -> Answered:
        """Return the answers to the rows at these positions.

        Raises RuntimeError if the golden row is no longer answered as when the version was published: then no row is
        the cause of a failure.
        """
        answered = Answered([], {})
        if len(positions):
            self._part(rows, positions, answered)
        if answered.faults and not self._golden.agrees(self._engine.answer(self._golden.rows)):
            raise RuntimeError("the golden row is no longer answered as when the version was published")
        return answered

    def _part(self, rows: ColumnRows, positions: Positions, answered: Answered) -> None:
        try:
            answers = self._engine.answer(rows.chosen(positions))
        except MemoryError:
            raise
        except RowNotAnswerableError as error:
            self._without(rows, positions, answered, error.positions, error.reason)
        except Exception:  # noqa: BLE001 - an estimator may raise anything at a value
            self._halved(rows, positions, answered)
        else:
            wrong = without_number(answers)
            if wrong:
                self._without(rows, positions, answered, wrong, NO_NUMBER)
            else:
                answered.parts.append((positions, answers))

    def _without(
        self, rows: ColumnRows, positions: Positions, answered: Answered, wrong: Sequence[int], reason: str
    ) -> None:
        """Answer again without the rows that were named; each time there are fewer."""
        answered.faults.update(dict.fromkeys(positions[list(wrong)].tolist(), NO_ANSWER + reason))
        rest = np.delete(positions, list(wrong))
        if len(rest):
            self._part(rows, rest, answered)

    def _halved(self, rows: ColumnRows, positions: Positions, answered: Answered) -> None:
        """Answer each half alone, since the failure names no row."""
        if len(positions) == 1:
            answered.faults[int(positions[0])] = NO_ANSWER + REFUSED
            return
        middle = len(positions) // 2
        self._part(rows, positions[:middle], answered)
        self._part(rows, positions[middle:], answered)
