"""The parity proof: engine and estimator answer the same rows, and every label and every figure is compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairlead.engines import Answers, Engine
from fairlead.manifest import Certificate

TOLERANCE = 1e-5
"""Absolute for probabilities and scores, relative to max(1, |value|) for values. Graphs in doubles stay near 1e-15;
the slack is for operators that onnxruntime has in single precision only. Labels get none."""
CHUNK = 5_000
SINGLES = 300
MOST_QUESTIONS = 500

Rows = Sequence[tuple[Any, ...]]


class NotProvedError(Exception):
    """Engine and estimator differ; the message says on how many rows, and by how much."""


@dataclass(slots=True)
class Tally:
    """What was compared so far; a row asked in a batch and again alone is one row."""

    rows: int = 0
    labels: set[str] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    largest: float = 0.0
    where: str = ""

    def reason(self) -> str:
        """Say what differs, for a person; empty where nothing does."""
        parts = []
        if self.labels:
            parts.append(f"{len(self.labels):,} of {self.rows:,} rows differ in label")
        if self.figures:
            parts.append(f"{len(self.figures):,} of {self.rows:,} rows differ by more than {TOLERANCE:g}")
        return f"{', '.join(parts)}, largest difference {self.largest:.2g} ({self.where})" if parts else ""


def prove(reference: Engine, engine: Engine, rows: Rows, boundary: Rows) -> Certificate:
    """Compare both on all rows in batches, and on some one at a time; raises NotProvedError with the figures."""
    tally = Tally()
    for kind, group in (("held-out", rows), ("boundary", boundary)):
        for start in range(0, len(group), CHUNK):
            _compare_batch(tally, reference, engine, group[start : start + CHUNK], f"{kind} row", start)
    if tally.reason():
        raise NotProvedError(tally.reason())
    return Certificate(
        rows=tally.rows,
        boundary_rows=len(boundary),
        label_differences=0,
        largest_difference=tally.largest,
        tolerance=TOLERANCE,
    )


def difference(expected: Answers, got: Answers) -> str:
    """Say how two answers to the same rows differ, empty where they do not."""
    tally = Tally(rows=len(expected.labels or expected.values or ()))
    try:
        _compare(tally, expected, got, "row", 0)
    except (NotProvedError, ValueError) as error:
        return str(error)
    return tally.reason()


def answerable(reference: Engine, rows: Rows) -> list[tuple[Any, ...]]:
    """The rows that the estimator itself does not refuse: a refused batch is halved until the refused rows are alone.

    After MOST_QUESTIONS what is still in a refused batch is left out: some estimators refuse hundreds of odd rows.
    """
    found: dict[int, list[tuple[Any, ...]]] = {}
    waiting = [(0, list(rows))]
    for _ in range(MOST_QUESTIONS):
        if not waiting:
            break
        start, batch = waiting.pop(0)
        if _answers(reference, batch):
            found[start] = batch
        elif len(batch) > 1:
            half = len(batch) // 2
            waiting += [(start, batch[:half]), (start + half, batch[half:])]
    return [row for start in sorted(found) for row in found[start]]


def _answers(reference: Engine, rows: Rows) -> bool:
    try:
        reference.answer(rows)
    except Exception:  # noqa: BLE001 - any step of anyone's pipeline may raise anything
        return False
    return True


def _compare_batch(tally: Tally, reference: Engine, engine: Engine, rows: Rows, what: str, start: int) -> None:
    expected = reference.answer(rows)
    _compare(tally, expected, engine.answer(rows), what, start)
    tally.rows += len(rows)
    for position in range(0, len(rows), max(1, len(rows) // SINGLES)):
        alone = engine.answer(rows[position : position + 1])
        _compare(tally, _only(expected, position), alone, what, start + position)


def _compare(tally: Tally, expected: Answers, got: Answers, what: str, start: int) -> None:
    if expected.labels is not None:
        for place, pair in enumerate(zip(expected.labels, got.labels or [], strict=True)):
            if not _same(*pair):
                tally.labels.add(f"{what} {start + place}")
                tally.where = tally.where or f"{what} {start + place}"
    for name in ("probabilities", "values", "scores"):
        if getattr(expected, name) is not None:
            _compare_figures(tally, getattr(expected, name), getattr(got, name), name, (what, start))


def _same(expected: Any, got: Any) -> bool:
    """Equal and of one JSON type: 1, 1.0 and true are three labels."""
    return type(expected) is type(got) and bool(expected == got)


def _compare_figures(tally: Tally, expected: Any, got: Any, name: str, place: tuple[str, int]) -> None:
    wanted, given = np.asarray(expected, dtype=np.float64), np.asarray(got, dtype=np.float64)
    if wanted.shape != given.shape:
        raise NotProvedError(f"{name} have shape {given.shape}, the estimator's have {wanted.shape}")
    scale = np.maximum(1.0, np.abs(wanted)) if name == "values" else 1.0
    with np.errstate(invalid="ignore"):
        gaps = np.abs(given - wanted)
        far = gaps / scale
    equal = (wanted == given) | (np.isnan(wanted) & np.isnan(given))
    gaps, far = (np.where(equal, 0.0, np.nan_to_num(item, nan=np.inf, posinf=np.inf)) for item in (gaps, far))
    by_row = far.reshape(len(far), -1).max(axis=1)
    what, start = place
    tally.figures.update(f"{what} {start + row}" for row in np.flatnonzero(by_row > TOLERANCE))
    if gaps.max() > tally.largest:
        tally.largest = float(gaps.max())
        if by_row.max() > TOLERANCE:
            tally.where = f"{what} {start + int(by_row.argmax())}"


def _only(answers: Answers, position: int) -> Answers:
    """One row's part of a batch's answers."""
    return Answers(**dict(_parts(answers, position)))


def _parts(answers: Answers, position: int) -> Iterator[tuple[str, Any]]:
    for name in answers.__struct_fields__:
        value = getattr(answers, name)
        yield name, None if value is None else value[position : position + 1]
