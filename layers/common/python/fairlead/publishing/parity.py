"""The parity proof: engine and estimator answer the same rows, and every label and every figure is compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlead.engines import Answers, Engine
from fairlead.manifest import Certificate

TOLERANCE = 1e-5
"""Absolute for probabilities and scores, relative to max(1, |value|) for values. Graphs in doubles stay near 1e-15;
the slack is for operators that onnxruntime has in single precision only. Labels get none."""
CHUNK = 5_000
SINGLES = 300

Rows = Sequence[tuple[Any, ...]]


class NotProvedError(Exception):
    """Engine and estimator differ; the message says on how many rows, and by how much."""


@dataclass(slots=True)
class Tally:
    """What was compared so far."""

    rows: int = 0
    label_differences: int = 0
    figure_differences: int = 0
    largest: float = 0.0
    where: str = ""

    def reason(self) -> str:
        """Say what differs, for a person."""
        parts = []
        if self.label_differences:
            parts.append(f"{self.label_differences:,} of {self.rows:,} rows differ in label")
        if self.figure_differences:
            parts.append(f"{self.figure_differences:,} of {self.rows:,} rows differ by more than {TOLERANCE:g}")
        return f"{', '.join(parts)}, largest difference {self.largest:.2g} ({self.where})"


def prove(reference: Engine, engine: Engine, rows: Rows, boundary: Rows) -> Certificate:
    """Compare both on all rows in batches, and on some one at a time; raises NotProvedError with the figures."""
    tally = Tally()
    for kind, group in (("held-out", rows), ("boundary", boundary)):
        for start in range(0, len(group), CHUNK):
            _compare_batch(tally, reference, engine, group[start : start + CHUNK], f"{kind} row", start)
    if tally.label_differences or tally.figure_differences:
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
    return tally.reason() if tally.label_differences or tally.figure_differences else ""


def answerable(reference: Engine, rows: Rows) -> list[tuple[Any, ...]]:
    """The rows that the estimator itself does not refuse, halving a batch until the refused rows are alone."""
    if not rows:
        return []
    try:
        reference.answer(rows)
    except Exception:  # noqa: BLE001 - any step of anyone's pipeline may raise anything
        if len(rows) == 1:
            return []
        half = len(rows) // 2
        return answerable(reference, rows[:half]) + answerable(reference, rows[half:])
    return list(rows)


def _compare_batch(tally: Tally, reference: Engine, engine: Engine, rows: Rows, what: str, start: int) -> None:
    expected = reference.answer(rows)
    _compare(tally, expected, engine.answer(rows), what, start)
    tally.rows += len(rows)
    for position in range(0, len(rows), max(1, len(rows) // SINGLES)):
        alone = engine.answer(rows[position : position + 1])
        _compare(tally, _only(expected, position), alone, f"alone, {what}", start + position)


def _compare(tally: Tally, expected: Answers, got: Answers, what: str, start: int) -> None:
    if expected.labels is not None:
        pairs = zip(expected.labels, got.labels or [], strict=True)
        different = [place for place, pair in enumerate(pairs) if not _same(*pair)]
        tally.label_differences += len(different)
        if different and not tally.where:
            tally.where = f"{what} {start + different[0]}"
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
    tally.figure_differences += int((by_row > TOLERANCE).sum())
    if gaps.max() > tally.largest:
        tally.largest = float(gaps.max())
        if by_row.max() > TOLERANCE:
            what, start = place
            tally.where = f"{what} {start + int(by_row.argmax())}"


def _only(answers: Answers, position: int) -> Answers:
    """One row's part of a batch's answers."""
    return Answers(**dict(_parts(answers, position)))


def _parts(answers: Answers, position: int) -> Iterator[tuple[str, Any]]:
    for name in answers.__struct_fields__:
        value = getattr(answers, name)
        yield name, None if value is None else value[position : position + 1]
