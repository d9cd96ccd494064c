"""The parity proof: engine and estimator answer the same rows, and every label and every figure is compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairlead.engines import Answers, Engine
from fairlead.errors import RowNotAnswerableError
from fairlead.model.manifest import Certificate

TOLERANCE = 1e-5
"""Absolute for probabilities, relative to max(1, |value|) for values and scores. Graphs in doubles stay near 1e-15;
the slack is for operators that onnxruntime has in single precision only. Labels get none."""
CHUNK = 5_000
SINGLES = 300
MOST_QUESTIONS = 500
MOST_REFUSED = 100
"""Rows refused by the engine that the estimator is asked about, one by one."""
FAR = "far row"
FIGURES = ("probabilities", "values", "scores")

Rows = Sequence[tuple[Any, ...]]


class NotProvedError(Exception):
    """Engine and estimator differ; the message says on how many rows, and by how much.

    `far` says that they differ only on rows far outside the held-out rows.
    """

    def __init__(self, message: str, *, far: bool = False) -> None:
        super().__init__(message)
        self.far = far


@dataclass(slots=True)
class Tally:
    """What was compared so far; a row asked in a batch and again alone is one row.

    `refused` are rows that the estimator answers and the engine does not, `answered` the other way round.
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
        """Say what differs, for a person; empty where nothing does."""
        counted = (
            (self.labels, "differ in label"),
            (self.figures, f"differ by more than {TOLERANCE:g}"),
            (self.answered, "are refused by the estimator and answered by its graph"),
            (self.refused, "are answered by the estimator and refused by its graph"),
        )
        parts = [f"{len(found):,} of {self.rows:,} rows {how}" for found, how in counted if found]
        return f"{', '.join(parts)}, largest difference {self.largest:.2g} ({self.where})" if parts else ""

    def far(self) -> bool:
        """Whether all that differs lies far outside."""
        return all(row.startswith(FAR) for row in self.labels | self.figures | self.refused | self.answered)


def prove(reference: Engine, engine: Engine, rows: Rows, boundary: Rows, far: Rows = ()) -> Certificate:
    """Compare both on all rows in batches, and on some one at a time; raises NotProvedError with the figures.

    Rows that the estimator refuses, or answers with no finite number, must have no answer from the engine either.
    """
    tally = Tally()
    for kind, group in (("held-out row", rows), ("boundary row", boundary), (FAR, far)):
        for start in range(0, len(group), CHUNK):
            _compare_batch(tally, reference, engine, group[start : start + CHUNK], kind, start)
    if tally.reason():
        raise NotProvedError(tally.reason(), far=tally.far())
    return Certificate(
        rows=tally.rows,
        boundary_rows=len(boundary) + len(far),
        label_differences=0,
        largest_difference=tally.largest,
        tolerance=TOLERANCE,
        unanswerable_rows=tally.unanswerable,
    )


def difference(expected: Answers, got: Answers) -> str:
    """Say how two answers to the same rows differ, empty where they do not."""
    rows = len(expected.labels or expected.values or ())
    tally = Tally(rows=rows)
    try:
        _compare(tally, expected, got, [f"row {place}" for place in range(rows)])
    except (NotProvedError, ValueError) as error:
        return str(error)
    return tally.reason()


def answerable(reference: Engine, rows: Rows) -> list[tuple[Any, ...]]:
    """The rows that the estimator itself does not refuse."""
    return [rows[position] for position in _answerable(reference, rows)]


def _answerable(reference: Engine, rows: Rows) -> list[int]:
    """Positions of rows that are not refused: a refused batch is halved until the refused rows are alone.

    After MOST_QUESTIONS what is still in a refused batch is left out: some estimators refuse hundreds of odd rows.
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
    except Exception:  # noqa: BLE001 - any step of anyone's pipeline may raise anything
        return None


def _compare_batch(tally: Tally, reference: Engine, engine: Engine, rows: Rows, what: str, start: int) -> None:
    tally.rows += len(rows)
    refused = _refused(engine, rows)
    tally.unanswerable += len(refused)
    for place in refused[:: max(1, len(refused) // MOST_REFUSED)]:
        said = _answers(reference, rows[place : place + 1])
        if said is not None and not _not_finite(said):
            tally.refused.add(f"{what} {start + place}")
    left = set(refused)
    kept = [place for place in range(len(rows)) if place not in left]
    expected = _answers(reference, [rows[place] for place in kept])
    if expected is None:
        taken = _answerable(reference, [rows[place] for place in kept])
        known = {kept[place] for place in taken}
        tally.answered.update(f"{what} {start + place}" for place in kept if place not in known)
        kept = [kept[place] for place in taken]
        expected = reference.answer([rows[place] for place in kept]) if kept else Answers()
    if kept:
        _compare_kept(tally, expected, engine, [(f"{what} {start + place}", rows[place]) for place in kept])
    tally.where = tally.where or next(iter(sorted(tally.answered | tally.refused)), "")


def _compare_kept(
    tally: Tally, expected: Answers, engine: Engine, named: Sequence[tuple[str, tuple[Any, ...]]]
) -> None:
    names, rows = [name for name, _ in named], [row for _, row in named]
    _compare(tally, expected, engine.answer(rows), names)
    for place in range(0, len(rows), max(1, len(rows) // SINGLES)):
        _compare(tally, _only(expected, place), engine.answer(rows[place : place + 1]), names[place : place + 1])


def _refused(engine: Engine, rows: Rows) -> list[int]:
    """Positions of rows that the engine refuses, or answers with a number that is not finite."""
    try:
        return _not_finite(engine.answer(rows))
    except RowNotAnswerableError as error:
        refused = set(error.positions)
        kept = [place for place in range(len(rows)) if place not in refused]
        odd = _refused(engine, [rows[place] for place in kept]) if kept else []
        return sorted(refused | {kept[place] for place in odd})


def _not_finite(answers: Answers) -> list[int]:
    """Positions of rows with a figure that is not finite."""
    bad: set[int] = set()
    for name in FIGURES:
        figures = getattr(answers, name)
        if figures:
            finite = np.isfinite(np.asarray(figures, dtype=np.float64)).reshape(len(figures), -1).all(axis=1)
            bad.update(np.flatnonzero(~finite).tolist())
    return sorted(bad)


def _compare(tally: Tally, expected: Answers, got: Answers, names: Sequence[str]) -> None:
    if expected.labels is not None:
        for name, pair in zip(names, zip(expected.labels, got.labels or [], strict=True), strict=True):
            if not _same(*pair):
                tally.labels.add(name)
                tally.where = tally.where or name
    for kind in FIGURES:
        if getattr(expected, kind) is not None:
            _compare_figures(tally, getattr(expected, kind), getattr(got, kind), kind, names)


def _same(expected: Any, got: Any) -> bool:
    """Equal and of one JSON type: 1, 1.0 and true are three labels."""
    return type(expected) is type(got) and bool(expected == got)


def _compare_figures(tally: Tally, expected: Any, got: Any, kind: str, names: Sequence[str]) -> None:
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
    tally.figures.update(names[row] for row in np.flatnonzero(by_row > TOLERANCE).tolist())
    if far.max() > tally.largest:
        tally.largest = float(far.max())
        if by_row.max() > TOLERANCE:
            tally.where = names[int(by_row.argmax())]


def _only(answers: Answers, position: int) -> Answers:
    """One row's part of a batch's answers."""
    return Answers(**dict(_parts(answers, position)))


def _parts(answers: Answers, position: int) -> Iterator[tuple[str, Any]]:
    for name in answers.__struct_fields__:
        value = getattr(answers, name)
        yield name, None if value is None else value[position : position + 1]
