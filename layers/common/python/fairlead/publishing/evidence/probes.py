"""Probes: the engine answers unusual values, and the same rows in another order and batch size.

Unusual values of one kind go in batches. Only if a batch fails is each input probed alone, to name the input that
fails. BATCH_VALUES bounds memory, MOST_VALUES bounds time.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

import numpy as np

from fairlead.engines import Engine
from fairlead.errors import one_line
from fairlead.gate.evidence import Probe
from fairlead.model.answers import Answers, join
from fairlead.model.signature import LARGEST_INTEGER, Signature
from fairlead.publishing.signature.probe import unseen_value

Row = tuple[Any, ...]
BASES = 10  # rows that each unusual value is put into
BATCH = 100  # rows that are answered twice
SINGLES = 25  # rows that are answered one by one
FAR = {"extreme": 10.0, "far extreme": 1e6}
SLACK = 1e-5
MOST_VALUES = 20_000_000
"""Rows × inputs of one kind of probe, so that a wide table takes seconds."""
BATCH_VALUES = 2_000_000
"""Rows × inputs that the engine answers at once; bounds memory."""
FEWEST_ROWS = 100
MOST_SUSPECTS = 1_000


class ProbeQuestion(NamedTuple):
    """Unusual values of the input `field`, of all inputs if empty: each of `changes` is put into every base row."""

    field: str
    changes: list[dict[int, Any]]


def probe(engine: Engine, signature: Signature, rows: Sequence[Row]) -> tuple[Probe, ...]:
    """Probe an engine with variations of these rows; only the first BATCH rows are used."""
    bases = list(rows[:BASES])
    found = [
        *_answered(engine, "missing", list(_missing(signature)), bases),
        *_answered(engine, "unseen category", list(_unseen(signature)), bases),
    ]
    for kind, ranges in FAR.items():
        found += _answered(engine, kind, list(_extreme(signature, ranges)), bases)
    return (*found, *_repeated(engine, list(rows[:BATCH])))


def _missing(signature: Signature) -> Iterator[ProbeQuestion]:
    nullable = [position for position, field in enumerate(signature.inputs) if field.nullable]
    for position in nullable:
        yield ProbeQuestion(signature.inputs[position].name, [{position: None}])
    if len(nullable) > 1:
        yield ProbeQuestion("", [dict.fromkeys(nullable)])


def _unseen(signature: Signature) -> Iterator[ProbeQuestion]:
    for position, field in enumerate(signature.inputs):
        if field.kind == "category" and not field.closed:
            yield ProbeQuestion(field.name, [{position: unseen_value(field)}])
        elif field.kind == "text":
            yield ProbeQuestion(field.name, [{position: text} for text in ("", "?", "Ω≈ç√∫ 漢字", "word " * 500)])


def _extreme(signature: Signature, ranges: float) -> Iterator[ProbeQuestion]:
    for position, field in enumerate(signature.inputs):
        if field.kind not in {"number", "integer"} or field.minimum is None or field.maximum is None:
            continue
        width = max(field.maximum - field.minimum, abs(field.maximum), 1.0) * ranges
        # An input without negative values (a price, a count) gets no negative probe: callers may never send one.
        low = field.minimum / ranges if field.minimum >= 0 else field.minimum - width
        ends: list[float] = [low, field.maximum + width]
        if field.kind == "integer":
            ends = [int(end) for end in ends if abs(end) < LARGEST_INTEGER]
        yield ProbeQuestion(field.name, [{position: end} for end in ends])


class Group(NamedTuple):
    """Questions that share rows: each of `rows` has one change of each question."""

    questions: list[ProbeQuestion]
    rows: list[Row]


def _answered(engine: Engine, kind: str, questions: list[ProbeQuestion], bases: list[Row]) -> Iterator[Probe]:
    """Yield probes of one kind, asked in batches of bounded size.

    If a batch fails, its groups are asked alone, and then the inputs of a failing group.
    """
    questions = [question for question in questions if question.changes]
    if not questions or not bases:
        return
    width = len(bases[0])
    most, count = max(FEWEST_ROWS, MOST_VALUES // width), sum(len(question.changes) for question in questions)
    bases = bases[: max(1, most // count)]
    fine, suspects = 0, MOST_SUSPECTS
    for batch in _batches(_groups(questions, bases, at_once=-(-count // most)), max(1, BATCH_VALUES // width)):
        rows = [row for group in batch for row in group.rows]
        if not _broken(engine, rows)[0]:
            fine += len(rows)
            continue
        for group in batch:
            found = list(_culprits(engine, kind, group, bases, suspects))
            suspects -= len(found)
            yield from found
    if fine:
        yield Probe(kind=kind, rows=fine)


def _groups(questions: list[ProbeQuestion], bases: list[Row], *, at_once: int) -> Iterator[Group]:
    """Yield groups of `at_once` questions; more than one if there are more inputs than rows that may be asked.

    A row never changes one input twice: it has the n-th change of each of its questions.
    """
    for start in range(0, len(questions), at_once):
        together = questions[start : start + at_once]
        turns = zip_longest(*(question.changes for question in together), fillvalue={})
        merged = [dict(chain.from_iterable(change.items() for change in turn)) for turn in turns]
        yield Group(together, [_changed(row, change) for row in bases for change in merged])


def _batches(groups: Iterator[Group], most: int) -> Iterator[list[Group]]:
    """Yield lists of groups with up to `most` rows together; a larger group is alone in its list."""
    batch: list[Group] = []
    for group in groups:
        if batch and sum(len(one.rows) for one in batch) + len(group.rows) > most:
            yield batch
            batch = []
        batch.append(group)
    if batch:
        yield batch


def _culprits(engine: Engine, kind: str, group: Group, bases: list[Row], suspects: int) -> Iterator[Probe]:
    """Yield a probe for each input that fails alone; for the whole group if only the combination fails.

    At most `suspects` inputs of the group are probed alone.
    """
    broken, example = _broken(engine, group.rows)
    several = len(group.questions) > 1
    found = []
    for question in group.questions[:suspects] if broken and several else ():
        rows = [_changed(row, change) for row in bases for change in question.changes]
        bad, reason = _broken(engine, rows)
        if bad:
            found.append(Probe(kind=kind, field=question.field, rows=len(rows), broken=bad, example=reason))
    field = "" if several else group.questions[0].field
    yield from found or [Probe(kind=kind, field=field, rows=len(group.rows), broken=broken, example=example)]


def _changed(row: Row, change: dict[int, Any]) -> Row:
    values = list(row)
    for position, value in change.items():
        values[position] = value
    return tuple(values)


def _broken(engine: Engine, rows: list[Row]) -> tuple[int, str]:
    """Return how many of these rows get no finite answer, and the reason."""
    answers, reason = _answer(engine, rows)
    if answers is None:
        return len(rows), reason
    bad = sum(not np.isfinite(figures).all() for figures in _figures(answers))
    return bad, "an answer that is not finite" if bad else ""


def _answer(engine: Engine, rows: list[Row]) -> tuple[Answers | None, str]:
    try:
        return engine.answer(rows), ""
    except Exception as error:  # noqa: BLE001 - a user's pipeline may raise any error: that is the finding
        return None, one_line(error, 200, named=True)


def _figures(answers: Answers) -> Sequence[Any]:
    for figures in (answers.probabilities, answers.values, answers.scores):
        if figures is not None:
            return figures
    return []


def _repeated(engine: Engine, rows: list[Row]) -> Iterator[Probe]:
    """Yield probes that compare answers to the same rows in another order and in other batch sizes."""
    whole, reason = _answer(engine, rows)
    if whole is None:
        yield Probe(kind="row order", rows=len(rows), broken=len(rows), example=reason)
        return
    order = np.random.default_rng(0).permutation(len(rows)).tolist()
    yield _compared("row order", whole, order, lambda: engine.answer([rows[at] for at in order]))
    singles = list(range(min(SINGLES, len(rows))))
    yield _compared("batch size", whole, singles, lambda: join([engine.answer([rows[at]]) for at in singles]))
    twice = [*range(len(rows)), *range(len(rows))]
    yield _compared("batch size", whole, twice, lambda: engine.answer(rows + rows))


def _compared(kind: str, whole: Answers, places: list[int], ask: Callable[[], Answers]) -> Probe:
    try:
        again = ask()
    except Exception as error:  # noqa: BLE001 - as in _answer
        return Probe(kind=kind, rows=len(places), broken=len(places), example=one_line(error, 200, named=True))
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
