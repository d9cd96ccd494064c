"""Real rows with a model's answers to them: the population that traffic is drawn from."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.drift import Request
from fairlead.engines.sklearn import SklearnEngine
from fairlead.gate.evidence import Rows
from fairlead.model.answers import Answers
from fairlead.model.baseline import Baseline
from fairlead.model.signature import Signature
from fairlead.publishing.baseline import baseline_of
from fairlead.publishing.evidence.columns import Columns, predicted
from fairlead.publishing.signature.infer import infer, to_rows
from testkit.gate_cases import model, table

ORDERS = 6
BASELINE_ROWS = 500

Indices = npt.NDArray[np.intp]


class World(NamedTuple):
    """A data set with a model's answers to it: one element of `rows`, `labels`, `scores` a row."""

    name: str
    signature: Signature
    rows: list[tuple[Any, ...]]
    answers: Answers
    orders: list[Indices]

    def take(self, indices: Indices) -> Answers:
        """Answers to some rows."""
        both = {
            name: None if (known := getattr(self.answers, name)) is None else [known[at] for at in indices]
            for name in Answers.__struct_fields__
        }
        return Answers(**both)


class Day(NamedTuple):
    """A day's requests: caller, time (seconds since the first day) and number of rows of each; and all rows."""

    callers: list[str]
    seconds: Indices
    sizes: Indices
    rows: Indices


def world(name: str) -> World:
    """Fit the data set's usual model on a third of it, and answer all of it."""
    data = table(name)
    training, _ = data.split(0, share=2 / 3)
    estimator = model(name).fit(training.X, training.y)
    signature = infer(estimator, data.X, data.y, target="target")
    rows = to_rows(signature, data.X)
    return World(name, signature, rows, SklearnEngine(estimator, signature).answer(rows), _orders(data.X))


def baseline(world: World, indices: Indices) -> Baseline:
    """The baseline of a version whose held-out rows are these."""
    columns = Columns(world.signature, len(indices))
    columns.add([world.rows[at] for at in indices])
    held_out = Rows(count=len(indices), columns=columns.done())
    return baseline_of(world.signature, held_out, predicted(world.take(indices), world.signature.output))


def requests(world: World, day: Day) -> Iterator[Request]:
    """Drawn traffic as captured requests."""
    answers = world.answers
    scores: Any = answers.probabilities or answers.values or answers.scores or []
    parts = np.split(day.rows, np.cumsum(day.sizes)[:-1])
    for caller, at, indices in zip(day.callers, day.seconds.tolist(), parts, strict=True):
        yield Request(
            caller=caller,
            at=at,
            rows=[world.rows[row] for row in indices],
            labels=[answers.labels[row] for row in indices] if answers.labels else (),
            scores=[scores[row] for row in indices] if scores else (),
        )


def _orders(X: Any) -> list[Indices]:
    """The file's order, and orders along random directions of its numbers."""
    from sklearn.preprocessing import StandardScaler

    numbers = X.select_dtypes("number")
    values = np.nan_to_num(StandardScaler().fit_transform(numbers))
    directions = np.random.default_rng(0).normal(size=(values.shape[1], ORDERS - 1))
    return [np.arange(len(X)), *(np.argsort(column, kind="stable") for column in (values @ directions).T)]
