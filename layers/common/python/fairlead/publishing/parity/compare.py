"""The parity proof: engine and estimator answer the same rows; every label and every number is compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairlead.engines import Engine
from fairlead.errors import RowNotAnswerableError
from fairlead.model.answers import Answers
from fairlead.model.golden import answer_of
from fairlead.model.manifest import Certificate

TOLERANCE = 1e-5
"""Absolute for probabilities, relative to max(1, |value|) for values and scores. Graphs in doubles differ by about
1e-15; operators that onnxruntime has only in single precision need more. Labels have no tolerance."""
CHUNK = 5_000
SINGLES = 300
MOST_QUESTIONS = 500
MOST_REFUSED = 100
"""Rows refused by the engine that the estimator must answer or refuse one by one, at most."""
FAR = "far row"
FIGURES = ("probabilities", "values", "scores")

Rows = Sequence[tuple[Any, ...]]


class NotProvedError(Exception):
    """Engine and estimator differ; the message has the number of rows and the largest difference.

    `far` is true if they differ only on rows far outside the held-out rows.
    """

    def __init__(self, message: str, *, far: bool = False) -> None:
        super().__init__(message)
        self.far = far


@dataclass(slots=True)
class Differences:
    """Rows compared so far, and the names of those that differ; a row asked in a batch and again alone counts once.

    `refused` are rows that only the estimator answers, `answered` are rows that only the engine answers.
    """

    rows: int = 0
    labels: set[str] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    unanswerable: int = 0
    largest: float = 0.0
    where: str = ""

    def reason(self) -> str:
        """Return the differences as a sentence; empty if there are none."""
        counted = (
            (self.labels, "differ in label"),
            (self.figures, f"differ by more than {TOLERANCE:g}"),
            (self.answered, "are refused by the estimator and answered by its graph"),
            (self.refused, "are answered by the estimator and refused by its graph"),
        )
        parts = [f"{len(found):,} of {self.rows:,} rows {how}" for found, how in counted if found]
        return f"{', '.join(parts)}, largest difference {self.largest:.2g} ({self.where})" if parts else ""

    def far(self) -> bool:
        """Return whether only far rows differ."""
        return all(row.startswith(FAR) for row in self.labels | self.figures | self.refused | self.answered)


def prove(reference: Engine, engine: Engine, rows: Rows, boundary: Rows, far: Rows = ()) -> Certificate:
    """Compare both engines on all rows in batches and on a sample one at a time; return the certificate.

    Rows that the estimator refuses or answers with no finite number must have no answer from the engine either.
    Raises NotProvedError with the differences.
    """
    found = Differences()
    for kind, group in (("held-out row", rows), ("boundary row", boundary), (FAR, far)):
        for start in range(0, len(group), CHUNK):
            _compare_batch(found, reference, engine, group[start : start + CHUNK], kind, start)
    if found.reason():
        raise NotProvedError(found.reason(), far=found.far())
    return Certificate(
        rows=found.rows,
        boundary_rows=len(boundary) + len(far),
        label_differences=0,
        largest_difference=found.largest,
        tolerance=TOLERANCE,
        unanswerable_rows=found.unanswerable,
    )


def difference(expected: Answers, got: Answers) -> str:
    """Return how two answers to the same rows differ, as a sentence; empty if they do not."""
    rows = len(expected.labels or expected.values or ())
    found = Differences(rows=rows)
    try:
        _compare(found, expected, got, [f"row {place}" for place in range(rows)])
    except (NotProvedError, ValueError) as error:
        return str(error)
    return found.reason()


def answerable(reference: Engine, rows: Rows) -> list[tuple[Any, ...]]:
    """Return the rows that the estimator itself answers."""
    return [rows[position] for position in _answerable(reference, rows)]


def _answerable(reference: Engine, rows: Rows) -> list[int]:
    """Return the positions of rows that the estimator answers; a refused batch is halved until refused rows are alone.

    After MOST_QUESTIONS the rest of a refused batch is left out: some estimators refuse hundreds of unusual rows.
    """
    found: list[int] = []
    waiting = [range(len(rows))]
    for _ in range(MOST_QUESTIONS):
        if not waiting:
            break
        batch = waiting.pop(0)
        if _answers(reference, rows[batch.start : batch.stop]) is not None:
            found += batch
        elif len(batch) > 1:
            half = len(batch) // 2
            waiting += [batch[:half], batch[half:]]
    return sorted(found)


def _answers(reference: Engine, rows: Rows) -> Answers | None:
    try:
        return reference.answer(rows)
    except Exception:  # noqa: BLE001 - a user's pipeline may raise any error
        return None


def _compare_batch(found: Differences, reference: Engine, engine: Engine, rows: Rows, what: str, start: int) -> None:
    found.rows += len(rows)
    refused = _refused(engine, rows)
    found.unanswerable += len(refused)
    for place in refused[:: max(1, len(refused) // MOST_REFUSED)]:
        alone = _answers(reference, rows[place : place + 1])
        if alone is not None and not _not_finite(alone):
            found.refused.add(f"{what} {start + place}")
    left = set(refused)
    kept = [place for place in range(len(rows)) if place not in left]
    expected = _answers(reference, [rows[place] for place in kept])
    if expected is None:
        taken = _answerable(reference, [rows[place] for place in kept])
        known = {kept[place] for place in taken}
        found.answered.update(f"{what} {start + place}" for place in kept if place not in known)
        kept = [kept[place] for place in taken]
        expected = reference.answer([rows[place] for place in kept]) if kept else Answers()
    if kept:
        _compare_kept(found, expected, engine, [(f"{what} {start + place}", rows[place]) for place in kept])
    found.where = found.where or next(iter(sorted(found.answered | found.refused)), "")


def _compare_kept(
    found: Differences, expected: Answers, engine: Engine, named: Sequence[tuple[str, tuple[Any, ...]]]
) -> None:
    names, rows = [name for name, _ in named], [row for _, row in named]
    _compare(found, expected, engine.answer(rows), names)
    for place in range(0, len(rows), max(1, len(rows) // SINGLES)):
        _compare(found, answer_of(expected, place), engine.answer(rows[place : place + 1]), names[place : place + 1])


def _refused(engine: Engine, rows: Rows) -> list[int]:
    """Return the positions of rows that the engine refuses or answers with a number that is not finite."""
    try:
        return _not_finite(engine.answer(rows))
    except RowNotAnswerableError as error:
        refused = set(error.positions)
        kept = [place for place in range(len(rows)) if place not in refused]
        odd = _refused(engine, [rows[place] for place in kept]) if kept else []
        return sorted(refused | {kept[place] for place in odd})


def _not_finite(answers: Answers) -> list[int]:
    """Return the positions of rows with a number that is not finite."""
    bad: set[int] = set()
    for name in FIGURES:
        figures = getattr(answers, name)
        if figures:
            finite = np.isfinite(np.asarray(figures, dtype=np.float64)).reshape(len(figures), -1).all(axis=1)
            bad.update(np.flatnonzero(~finite).tolist())
    return sorted(bad)


def _compare(found: Differences, expected: Answers, got: Answers, names: Sequence[str]) -> None:
    if expected.labels is not None:
        for name, pair in zip(names, zip(expected.labels, got.labels or [], strict=True), strict=True):
            if not _same(*pair):
                found.labels.add(name)
                found.where = found.where or name
    for kind in FIGURES:
        if getattr(expected, kind) is not None:
            _compare_figures(found, getattr(expected, kind), getattr(got, kind), kind, names)


def _same(expected: Any, got: Any) -> bool:
    """Return whether two labels are equal and of one JSON type: 1, 1.0 and true are three labels."""
    return type(expected) is type(got) and bool(expected == got)


def _compare_figures(found: Differences, expected: Any, got: Any, kind: str, names: Sequence[str]) -> None:
    wanted, given = np.asarray(expected, dtype=np.float64), np.asarray(got, dtype=np.float64)
    if wanted.shape != given.shape:
        raise NotProvedError(f"{kind} have shape {given.shape}, the estimator's have {wanted.shape}")
    scale = 1.0 if kind == "probabilities" else np.maximum(1.0, np.abs(wanted))
    with np.errstate(invalid="ignore"):
        gaps = np.abs(given - wanted)
        far = gaps / scale
    equal = (wanted == given) | (np.isnan(wanted) & np.isnan(given))
    gaps, far = (np.where(equal, 0.0, np.nan_to_num(item, nan=np.inf, posinf=np.inf)) for item in (gaps, far))
    by_row = far.reshape(len(far), -1).max(axis=1)
    found.figures.update(names[row] for row in np.flatnonzero(by_row > TOLERANCE).tolist())
    if far.max() > found.largest:
        found.largest = float(far.max())
        if by_row.max() > TOLERANCE:
            found.where = names[int(by_row.argmax())]
