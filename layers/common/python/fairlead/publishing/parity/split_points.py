"""Split points of a fitted estimator in its inputs' own units, found through scalers and column transformers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fairlead.publishing.input.inner_estimators import pipeline_steps, walk_estimator
from fairlead.publishing.onnx.converters.imputers import kept_columns

Array = np.ndarray[Any, Any]
Back = Callable[[Array], Array]
Trace = tuple[int, Back] | None
"""From a step's column back to an input: its position and the inverse of its scaling; None where the link is lost."""

MOST_TREES = 100
"""Trees of one ensemble whose splits are read."""


def thresholds_by_field(estimator: Any, width: int) -> dict[int, Array]:
    """Return sorted split values by input position, for trees and bins that read the column itself, scaled or not."""
    found: dict[int, list[Array]] = {}
    start: list[Trace] = [(position, _same) for position in range(width)]
    for node, traces in walk_estimator(estimator, start, _through, most=MOST_TREES):
        for trace, values in _splits(node, traces):
            if trace is not None:
                position, back = trace
                found.setdefault(position, []).append(back(values))
    return {position: _finite(np.concatenate(parts)) for position, parts in found.items()}


def _finite(values: Array) -> Array:
    return np.unique(values[np.isfinite(values)])


def _same(values: Array) -> Array:
    return values


def _splits(node: Any, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Array]]:
    """Yield the split values of a tree, of histogram boosting or of a binning, each with its column."""
    from sklearn.preprocessing import KBinsDiscretizer
    from sklearn.tree import BaseDecisionTree

    if isinstance(node, BaseDecisionTree):
        yield from _by_column(node.tree_.feature, node.tree_.threshold, traces)
    elif hasattr(node, "_predictors"):
        chosen = _remapped(node, traces)
        for predictor in [member for stage in node._predictors[:MOST_TREES] for member in stage]:
            inner = predictor.nodes[~predictor.nodes["is_leaf"].astype(bool)]
            plain = inner[~inner["is_categorical"].astype(bool)]
            yield from _by_column(plain["feature_idx"], plain["num_threshold"], chosen)
    elif hasattr(node, "boosting"):
        for tree in node.boosting.trees[:MOST_TREES]:
            inner = [place for place in np.flatnonzero(tree.left >= 0) if place not in tree.members]
            yield from _by_column(tree.feature[inner], tree.threshold[inner], traces)
    elif isinstance(node, KBinsDiscretizer):
        yield from zip(traces, node.bin_edges_, strict=True)


def _remapped(node: Any, traces: Sequence[Trace]) -> list[Trace]:
    """Return the columns in HistGradientBoosting's own order: category columns first."""
    if getattr(node, "_preprocessor", None) is None or node.is_categorical_ is None:
        return list(traces)
    order = [*np.flatnonzero(node.is_categorical_), *np.flatnonzero(~node.is_categorical_)]
    return [traces[place] for place in order]


def _by_column(columns: Array, values: Array, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Array]]:
    for column in np.unique(columns[columns >= 0]):
        yield traces[column], values[columns == column].astype(np.float64)


def _through(step: Any, traces: Sequence[Trace]) -> Sequence[Trace] | None:
    """Return the columns behind a step; None behind a step whose outputs are not single columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

    if isinstance(step, Pipeline):
        return _through_steps(step, traces)
    if isinstance(step, ColumnTransformer):
        return _through_columns(step, traces)
    if isinstance(step, SelectorMixin):
        return [trace for trace, kept in zip(traces, step.get_support(), strict=True) if kept]
    if isinstance(step, SimpleImputer):
        indicators = len(step.indicator_.features_) if step.add_indicator else 0
        return [*(traces[place] for place in kept_columns(step)), *[None] * indicators]
    undo = _undo(step)
    if undo is None:
        return None
    return [None if trace is None else (trace[0], _then(undo(place), trace[1])) for place, trace in enumerate(traces)]


def _through_steps(pipeline: Any, traces: Sequence[Trace]) -> Sequence[Trace] | None:
    given: Sequence[Trace] | None = traces
    for step in pipeline_steps(pipeline):
        given = None if given is None else _through(step, given)
    return given


def _through_columns(step: Any, traces: Sequence[Trace]) -> Sequence[Trace]:
    width = max((place.stop for place in step.output_indices_.values()), default=0)
    result: list[Trace] = [None] * width
    positions = step._transformer_to_input_indices
    for name, member, _ in step.transformers_:
        chosen = [traces[position] for position in positions.get(name, ())]
        place = step.output_indices_[name]
        after = chosen if isinstance(member, str) else _through(member, chosen) if chosen else None
        if after is not None and len(after) == place.stop - place.start:
            result[place] = after
    return result


def _then(first: Back, second: Back) -> Back:
    return lambda values: second(first(values))


def _undo(step: Any) -> Callable[[int], Back] | None:
    """Return the inverse of a scaler, by column; None for other steps."""
    name = type(step).__name__
    scale, shift = {
        "StandardScaler": ("scale_", "mean_"),
        "RobustScaler": ("scale_", "center_"),
        "MaxAbsScaler": ("scale_", None),
        "MinMaxScaler": ("scale_", "min_"),
    }.get(name, (None, None))
    if scale is None:
        return None
    factors, offsets = getattr(step, scale, None), getattr(step, shift, None) if shift else None

    def undo(place: int) -> Back:
        factor = 1.0 if factors is None else float(factors[place])
        offset = 0.0 if offsets is None else float(offsets[place])
        if name == "MinMaxScaler":
            return lambda values: (values - offset) / factor
        return lambda values: values * factor + offset

    return undo
