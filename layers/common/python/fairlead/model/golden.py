"""Golden rows: inputs and the answers that a version gave when it was published. Releases must repeat them."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.model.answers import Answers

SLACK = 1e-4
"""Largest difference from a golden number, relative or absolute: it allows another processor's rounding."""


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in signature order and their answers."""

    rows: list[tuple[Any, ...]]
    answers: Answers

    def first(self) -> "Golden":
        """Return the first row alone, which loading a model checks."""
        return Golden(rows=self.rows[:1], answers=answer_of(self.answers, 0))

    def agrees(self, answers: Answers) -> bool:
        """Return whether these answers are the golden ones: equal labels, numbers within SLACK."""
        return (
            self.answers.labels == answers.labels
            and _close(self.answers.probabilities, answers.probabilities)
            and _close(self.answers.values, answers.values)
            and _close(self.answers.scores, answers.scores)
        )

    def differing(self, answers: Answers) -> list[int]:
        """Return the positions of rows whose answer is not the golden one; `answers` has one answer per row."""
        return [
            position
            for position, row in enumerate(self.rows)
            if not Golden(rows=[row], answers=answer_of(self.answers, position)).agrees(answer_of(answers, position))
        ]


def answer_of(answers: Answers, position: int) -> Answers:
    """Return the answer at one position, as a batch of one row."""
    return part_of(answers, slice(position, position + 1))


def part_of(answers: Answers, part: slice) -> Answers:
    """Return the answers at some positions, as a batch of these rows."""
    named = msgspec.structs.asdict(answers)
    return Answers(**{name: value and value[part] for name, value in named.items()})


def _close(expected: Sequence[Any] | None, got: Sequence[Any] | None) -> bool:
    if expected is None or got is None:
        return expected is got
    if len(expected) != len(got):
        return False
    return all(
        _close(left, right)
        if isinstance(left, list | tuple)
        else math.isclose(left, right, rel_tol=SLACK, abs_tol=SLACK)
        for left, right in zip(expected, got, strict=True)
    )
