"""Cross-validation: clones of the estimator, fitted on part of the training rows and measured on the rest."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import numpy as np

from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, one_line
from fairlead.gate.bootstrap import Resample
from fairlead.gate.evidence import Folds
from fairlead.gate.scores import scores
from fairlead.model.signature import Signature
from fairlead.publishing.evidence.columns import predicted, target_of
from fairlead.publishing.input.frames import predict_input, select_columns
from fairlead.publishing.input.table_types import to_frame


class Folding(msgspec.Struct, frozen=True, kw_only=True):
    """The folds of training rows: `groups` keep a group's rows in one fold, `order` fits on earlier rows only.

    Both are arrays with one element for each training row. Without them rows are folded at random.
    """

    folds: int = 5
    groups: Any = None
    order: Any = None


def cross_validate(
    estimator: Any,
    signature: Signature,
    X: Any,
    y: Any,
    folding: Folding,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Folds:
    """Fit a clone of the estimator on each fold's complement and return its figures on the fold.

    Raises DataError if the rows cannot be folded or a clone cannot be fitted.
    """
    from sklearn.base import clone

    unused = {column.position for column in signature.ignored}
    frame, target = select_columns(estimator, to_frame(X), signature.layout, unused), np.asarray(y)
    found: dict[str, list[float]] = {}
    how, splits = _splits(signature, frame, target, folding)
    for number, (fitted_on, measured_on) in enumerate(splits, start=1):
        progress(f"cross-validation: fold {number} of {folding.folds}")
        model = clone(estimator)
        try:
            model.fit(predict_input(frame.iloc[fitted_on], signature.layout), target[fitted_on])
        except Exception as error:  # a user's pipeline may raise any error
            raise DataError(f"fold {number} cannot be fitted: {one_line(error, 200, named=True)}") from error
        for name, value in _measured(model, signature, frame.iloc[measured_on], target[measured_on]).items():
            found.setdefault(name, []).append(value)
    return Folds(how=how, figures={name: tuple(values) for name, values in found.items() if len(values) > 1})


def _measured(model: Any, signature: Signature, X: Any, y: Any) -> dict[str, float]:
    """Return the scores of a fold's model.

    It gets the whole frame, because it may use columns that the published model ignores.
    """
    engine = SklearnEngine(model, signature)
    answers = predicted(engine.ask(predict_input(X, signature.layout)), signature.output)
    found = scores(target_of(signature.output, y, len(y)), answers, signature.output, Resample(len(y), replicates=0))
    return {name: float(drawn[0]) for name, drawn in found.items() if np.isfinite(drawn[0])}


def _splits(
    signature: Signature, frame: Any, target: Any, folding: Folding
) -> tuple[Literal["time", "grouped", "stratified", "plain"], Iterator[tuple[Any, Any]]]:
    from sklearn import model_selection

    classes = signature.output.task == "classification"
    if len(target) < 2 * folding.folds:
        raise DataError(f"{len(target):,} training rows are too few for {folding.folds} folds")
    try:
        if folding.order is not None:
            order = np.argsort(np.asarray(folding.order), kind="stable")
            split = model_selection.TimeSeriesSplit(n_splits=folding.folds).split(order)
            return "time", iter([(order[before], order[after]) for before, after in split])
        if folding.groups is not None:
            kind = model_selection.StratifiedGroupKFold if classes else model_selection.GroupKFold
            return "grouped", iter(list(kind(n_splits=folding.folds).split(frame, target, folding.groups)))
        if classes:
            fold = model_selection.StratifiedKFold(n_splits=folding.folds, shuffle=True, random_state=0)
            return "stratified", iter(list(fold.split(frame, target)))
        fold = model_selection.KFold(n_splits=folding.folds, shuffle=True, random_state=0)
        return "plain", iter(list(fold.split(frame)))
    except ValueError as error:
        raise DataError(f"the training rows cannot be folded: {error}") from error
