"""Walk the estimators inside a fitted estimator: the only module that knows where scikit-learn keeps them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

ATTRIBUTES = ("best_estimator_", "estimator_", "regressor_", "_preprocessor")
"""Of searches, of thresholds and selectors, of TransformedTargetRegressor, of HistGradientBoosting.

An ensemble's `estimator_` is the template of its members and is not fitted.
"""

Column = TypeVar("Column")
Through = Callable[[Any, Sequence[Column]], "Sequence[Column] | None"]
"""From a pipeline's step and its columns to the columns of the next step; None where they are lost."""


class Inner(NamedTuple):
    """A fitted estimator inside another, and the positions of the columns it is given; None for all of them."""

    estimator: Any
    positions: Sequence[int] | None = None


def pipeline_steps(pipeline: Any) -> list[Any]:
    """Return the estimators of a Pipeline's steps, without those that pass their input through."""
    return [step for _, step in pipeline.steps if step is not None and not isinstance(step, str)]


def inner_estimators(estimator: Any) -> Iterator[Inner]:
    """Yield the fitted estimators that get an estimator's own inputs: of searches, ensembles, ColumnTransformers.

    Steps of a Pipeline and the final estimator of a stacking are not among them: they get the output of others.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import FeatureUnion

    if isinstance(estimator, ColumnTransformer):
        positions = estimator._transformer_to_input_indices  # noqa: SLF001 - columns by name, mask, slice or callable, resolved
        members = [(member, positions.get(name, ())) for name, member, _ in estimator.transformers_]
        yield from (Inner(member, chosen) for member, chosen in members if not isinstance(member, str) and len(chosen))
    elif isinstance(estimator, FeatureUnion):
        yield from (Inner(member) for _, member in estimator.transformer_list if not isinstance(member, str))
    elif isinstance(estimator, FrozenEstimator):
        yield Inner(estimator.estimator)
    else:
        for name in () if hasattr(estimator, "estimators_") else ATTRIBUTES:
            if hasattr(getattr(estimator, name, None), "get_params"):
                yield Inner(getattr(estimator, name))
        yield from _ensemble(estimator)
        yield from (Inner(member.estimator) for member in getattr(estimator, "calibrated_classifiers_", ()))


def _ensemble(estimator: Any) -> Iterator[Inner]:
    """Yield the members of `estimators_`: a list, or an array of trees; bagging gives each member some columns."""
    members = getattr(estimator, "estimators_", None)
    if not isinstance(members, (list, np.ndarray)):
        return
    subsets = getattr(estimator, "estimators_features_", None)
    for number, member in enumerate(np.ravel(members) if isinstance(members, np.ndarray) else members):
        if hasattr(member, "get_params"):
            yield Inner(member, None if subsets is None else subsets[number])


def walk_estimator(
    estimator: Any, columns: Sequence[Column], through: Through[Column], *, most: int | None = None
) -> Iterator[tuple[Any, Sequence[Column]]]:
    """Yield an estimator and all that it is made of, outermost first, each with the columns that it is given.

    An estimator that was fitted on another number of columns is left out. `most` limits the members of an ensemble.
    """
    from sklearn.pipeline import Pipeline

    if getattr(estimator, "n_features_in_", len(columns)) != len(columns):
        return
    yield estimator, columns
    if isinstance(estimator, Pipeline):
        given: Sequence[Column] | None = columns
        for step in pipeline_steps(estimator):
            if given is None:
                return
            yield from walk_estimator(step, given, through, most=most)
            given = through(step, given)
        return
    for inner, positions in islice(inner_estimators(estimator), most):
        chosen = columns if positions is None else [columns[position] for position in positions]
        yield from walk_estimator(inner, chosen, through, most=most)


def last_estimator(estimator: Any) -> Any:
    """Return the estimator whose answer is the whole's: the last step of pipelines, inside searches and frozen ones."""
    *_, last = way_to_last(estimator)
    return last


def way_to_last(estimator: Any) -> Iterator[Any]:
    """Yield the estimator, and each one inside it on the way to the last: pipelines, searches, frozen ones."""
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    while True:
        yield estimator
        if isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        else:
            return
