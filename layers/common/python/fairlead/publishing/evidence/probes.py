"""Probes: the engine is asked strangely, and asked twice; what it does is a fact for the gate.

Strange questions of one kind go in one batch. Only if that fails is each input asked alone, to name the culprit.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from fairlead.engines import Answers, Engine
from fairlead.gate.evidence import Probe
from fairlead.signature import Field, Signature

Row = tuple[Any, ...]
BASES = 10  # rows that each strange value is put into
BATCH = 100  # rows that are asked twice
SINGLES = 25  # rows that are asked alone
FAR = {"extreme": 10.0, "far extreme": 1e6}
SLACK = 1e-5


class Question(NamedTuple):
    """Strange rows, about one input or all (empty)."""

    field: str
    rows: list[Row]


def probe(engine: Engine, signature: Signature, rows: Sequence[Row]) -> tuple[Probe, ...]:
    """Probe an engine with variations of these rows, of which a hundred are plenty."""
    bases = list(rows[:BASES])
    found = [
        *_asked(engine, "missing", list(_missing(signature, bases))),
        *_asked(engine, "unseen category", list(_unseen(signature, bases))),
    ]
    for kind, ranges in FAR.items():
        found += _asked(engine, kind, list(_extreme(signature, bases, ranges)))
    return (*found, *_repeated(engine, list(rows[:BATCH])))


def _missing(signature: Signature, bases: list[Row]) -> Iterator[Question]:
    nullable = [position for position, field in enumerate(signature.inputs) if field.nullable]
    for position in nullable:
        yield Question(signature.inputs[position].name, [_with(row, {position: None}) for row in bases])
    if len(nullable) > 1:
        yield Question("", [_with(row, dict.fromkeys(nullable)) for row in bases])


def _unseen(signature: Signature, bases: list[Row]) -> Iterator[Question]:
    for position, field in enumerate(signature.inputs):
        if field.kind == "category" and not field.closed:
            yield Question(field.name, [_with(row, {position: _stranger(field)}) for row in bases])
        elif field.kind == "text":
            texts = ("", "?", "Ω≈ç√∫ 漢字", "word " * 500)
            yield Question(field.name, [_with(bases[0], {position: text}) for text in texts])


def _stranger(field: Field) -> str | int:
    known = field.categories or ("",)
    numbers = [value for value in known if isinstance(value, int)]
    return max(numbers) + 1 if numbers else "a category never seen"


def _extreme(signature: Signature, bases: list[Row], ranges: float) -> Iterator[Question]:
    for position, field in enumerate(signature.inputs):
        if field.kind not in {"number", "integer"} or field.minimum is None or field.maximum is None:
            continue
        width = max(field.maximum - field.minimum, abs(field.maximum), 1.0) * ranges
        ends: list[float] = [field.minimum - width, field.maximum + width]
        if field.kind == "integer":
            ends = [int(end) for end in ends if abs(end) <= 2**53]
        yield Question(field.name, [_with(row, {position: end}) for row in bases for end in ends])


def _with(row: Row, changed: dict[int, Any]) -> Row:
    return tuple(changed.get(position, value) for position, value in enumerate(row))


def _asked(engine: Engine, kind: str, questions: list[Question]) -> Iterator[Probe]:
    questions = [question for question in questions if question.rows]
    if not questions:
        return
    together = [row for question in questions for row in question.rows]
    broken, _ = _broken(engine, together)
    if not broken:
        yield Probe(kind=kind, rows=len(together))
        return
    for question in questions:
        broken, example = _broken(engine, question.rows)
        yield Probe(kind=kind, field=question.field, rows=len(question.rows), broken=broken, example=example)


def _broken(engine: Engine, rows: list[Row]) -> tuple[int, str]:
    """How many of these rows get no finite answer, and what was said."""
    answers, said = _answer(engine, rows)
    if answers is None:
        return len(rows), said
    bad = sum(not np.isfinite(figures).all() for figures in _figures(answers))
    return bad, "an answer that is not finite" if bad else ""


def _answer(engine: Engine, rows: list[Row]) -> tuple[Answers | None, str]:
    try:
        return engine.answer(rows), ""
    except Exception as error:  # noqa: BLE001 - any step of anyone's pipeline may raise anything: that is the finding
        return None, f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]


def _figures(answers: Answers) -> Sequence[Any]:
    for figures in (answers.probabilities, answers.values, answers.scores):
        if figures is not None:
            return figures
    return []


def _repeated(engine: Engine, rows: list[Row]) -> Iterator[Probe]:
    """Ask the same rows in other orders and sizes; the first answers are the measure."""
    whole, said = _answer(engine, rows)
    if whole is None:
        yield Probe(kind="row order", rows=len(rows), broken=len(rows), example=said)
        return
    order = np.random.default_rng(0).permutation(len(rows)).tolist()
    yield _compared("row order", whole, order, lambda: engine.answer([rows[at] for at in order]))
    singles = list(range(min(SINGLES, len(rows))))
    yield _compared("batch size", whole, singles, lambda: _one_by_one(engine, [rows[at] for at in singles]))
    twice = [*range(len(rows)), *range(len(rows))]
    yield _compared("batch size", whole, twice, lambda: engine.answer(rows + rows))


def _one_by_one(engine: Engine, rows: list[Row]) -> Answers:
    parts = [engine.answer([row]) for row in rows]
    joined = {
        name: None if getattr(parts[0], name) is None else [value for part in parts for value in getattr(part, name)]
        for name in ("labels", "probabilities", "values", "scores")
    }
    return Answers(**joined)


def _compared(kind: str, whole: Answers, places: list[int], ask: Callable[[], Answers]) -> Probe:
    try:
        again = ask()
    except Exception as error:  # noqa: BLE001 - as in _answer
        return Probe(kind=kind, rows=len(places), broken=len(places), example=f"{type(error).__name__}: {error}"[:200])
    changed = np.zeros(len(places), dtype=np.bool_)
    if whole.labels is not None and again.labels is not None:
        changed |= np.array([whole.labels[at] != label for at, label in zip(places, again.labels, strict=True)])
    before, after = _figures(whole), _figures(again)
    if before:
        expected = np.array([before[at] for at in places], dtype=np.float64).reshape(len(places), -1)
        got = np.array(after, dtype=np.float64).reshape(len(places), -1)
        close = np.isclose(got, expected, rtol=SLACK, atol=SLACK, equal_nan=True)
        changed |= ~close.all(axis=1)
    return Probe(kind=kind, rows=len(places), changed=int(changed.sum()))
