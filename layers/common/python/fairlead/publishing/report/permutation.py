"""Permutation importance: how much the serving engine's loss grows when one input is shuffled over the rows.

Breiman, "Random forests", Machine Learning 45 (2001); model-agnostic as in Fisher, Rudin, Dominici, JMLR 20 (2019).
Correlated inputs hide each other's importance: each appears unimportant while the other is not shuffled.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fairlead.engines import Engine
from fairlead.gate.evidence import Column, Evidence
from fairlead.publishing.evidence.columns import predicted
from fairlead.publishing.report.facts import Importance, Importances

MOST_ROWS = 500
FEWEST_ROWS = 50
REPEATS = 5
MOST_VALUES = 40_000_000
"""Total number of values that the engine gets: rows × inputs, for each input and repeat. It takes tens of seconds."""
SEED = 20_240_229

Values = list[list[Any]]


class _Loss(NamedTuple):
    """The loss that grows when answers get worse: its name for the report, and its value for given answers."""

    name: str
    of: Callable[[Any], float]  # of Predicted, whose parts the task decides


def importances(evidence: Evidence, engine: Engine) -> Importances:
    """Return each input's importance on held-out rows, drawn and shuffled with a fixed seed.

    `skipped` is the reason why there is none: too many inputs, or an engine that cannot answer shuffled rows.
    """
    generator = np.random.default_rng(SEED)
    columns, count = evidence.held_out.columns, evidence.held_out.count
    repeats = REPEATS if len(columns) <= 100 else 1
    rows = min(count, MOST_ROWS, MOST_VALUES // (len(columns) ** 2 * repeats))
    if rows < min(count, FEWEST_ROWS):
        return Importances(measure="", rows=0, repeats=0, skipped=f"{len(columns):,} inputs would take too long")
    sample = np.sort(generator.choice(count, rows, replace=False))
    values = [sample_of(column, sample) for column in columns]
    loss = _loss(evidence, sample)
    try:
        found = _measured(
            engine, evidence, values, loss, [generator.permutation(rows).tolist() for _ in range(repeats)]
        )
    except Exception as error:  # noqa: BLE001 - a pipeline may raise anything on rows that never occurred together
        return Importances(measure="", rows=0, repeats=0, skipped=f"the engine cannot answer shuffled rows: {error}")
    found.sort(key=lambda one: -one.mean)
    return Importances(measure=loss.name, rows=rows, repeats=repeats, inputs=tuple(found))


def _measured(
    engine: Engine, evidence: Evidence, values: Values, loss: _Loss, orders: Sequence[Sequence[int]]
) -> list[Importance]:
    before = _loss_of(engine, evidence, values, loss)
    found = []
    for at, column in enumerate(evidence.held_out.columns):
        grown = [_loss_of(engine, evidence, _shuffled(values, at, order), loss) - before for order in orders]
        found.append(Importance(name=column.name, mean=float(np.mean(grown)), least=min(grown), most=max(grown)))
    return found


def _loss_of(engine: Engine, evidence: Evidence, values: Values, loss: _Loss) -> float:
    rows = list(zip(*values, strict=True))
    return loss.of(predicted(engine.answer(rows), evidence.signature.output))


def _shuffled(values: Values, at: int, order: Sequence[int]) -> Values:
    return [*values[:at], [values[at][row] for row in order], *values[at + 1 :]]


def sample_of(column: Column, sample: Any) -> list[Any]:
    """Return a column's sample as Python values, None for missing."""
    chosen = column.values[sample].tolist()
    missing = column.missing()[sample].tolist()
    convert: Callable[[Any], Any] = {"integer": int, "boolean": bool}.get(column.kind, float)
    if column.levels is not None:
        convert = column.levels.__getitem__
    return [None if hole else convert(value) for value, hole in zip(chosen, missing, strict=True)]


def _loss(evidence: Evidence, sample: Any) -> _Loss:
    """Return the loss against the target, or against the model's own answers if there is no target."""
    own = evidence.predicted.take(sample)
    target = evidence.held_out.target
    truth = None if target is None else target[sample]
    if own.values is not None:
        name = "growth of the mean absolute error" if truth is not None else "mean absolute change of the answer"
        values: Any = own.values if truth is None else truth
        return _Loss(name, lambda answers: float(np.abs(answers.values - values).mean()))
    if own.scores is not None and truth is None:
        scores: Any = own.scores
        return _Loss("mean absolute change of the score", lambda answers: float(np.abs(answers.scores - scores).mean()))
    if own.probabilities is not None and truth is not None:
        return _Loss("growth of the Brier score", lambda answers: _brier(truth, answers.probabilities))
    labels: Any = own.labels if truth is None else truth
    name = "growth of the share of wrong answers" if truth is not None else "share of answers that change"
    return _Loss(name, lambda answers: float((answers.labels != labels).mean()))


def _brier(target: Any, probabilities: Any) -> float:
    """Return the gate's Brier score: probability 0 for unknown classes, half the sum for two classes."""
    own = np.where(target >= 0, np.take_along_axis(probabilities, np.maximum(target, 0)[:, None], axis=1)[:, 0], 0.0)
    squares = float(((probabilities**2).sum(axis=1) - 2 * own + 1).mean())
    return squares / 2 if probabilities.shape[1] == 2 else squares
