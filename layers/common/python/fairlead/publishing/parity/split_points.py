"""Where a fitted estimator splits its inputs, in the inputs' own units: found by walking from columns to trees."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Back = Callable[[Array], Array]
Trace = tuple[int, Back] | None
"""From a step's column back to an input: its position and how to undo the scaling; None where that is lost."""

CHILDREN = ("best_estimator_", "estimator_", "regressor_", "final_estimator_")
MOST_TREES = 100


def thresholds_by_field(estimator: Any, width: int) -> dict[int, Array]:
    """Sorted split values by input position, for trees and bins that see a column itself, scaled or not."""
    found: dict[int, list[Array]] = {}
    start: list[Trace] = [(position, _same) for position in range(width)]
    for trace, values in _walk(estimator, start):
        if trace is not None:
            position, back = trace
            found.setdefault(position, []).append(back(values))
    return {position: _finite(np.concatenate(parts)) for position, parts in found.items()}


def _finite(values: Array) -> Array:
    return np.unique(values[np.isfinite(values)])


def _same(values: Array) -> Array:
    return values


def _walk(node: Any, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Array]]:
    """Every (column, split values) pair under a node that gets these columns."""
    if hasattr(node, "steps"):
        for _, step in node.steps:
            if step is None or isinstance(step, str):
                continue
            yield from _walk(step, traces)
            traces = _through(step, traces)
        return
    if hasattr(node, "transformers_"):
        for member, chosen in _members(node, traces):
            yield from _walk(member, chosen)
        return
    yield from _splits(node, traces)
    for child in _children(node):
        yield from _walk(child, traces)


def _members(transformer: Any, traces: Sequence[Trace]) -> Iterator[tuple[Any, list[Trace]]]:
    positions = transformer._transformer_to_input_indices
    for name, member, _ in transformer.transformers_:
        chosen = [traces[place] for place in positions.get(name, ()) if place < len(traces)]
        if not isinstance(member, str):
            yield member, chosen


def _children(node: Any) -> Iterator[Any]:
    for name in CHILDREN:
        child = getattr(node, name, None)
        if hasattr(child, "get_params"):
            yield child
    for name in ("estimators_", "calibrated_classifiers_"):
        members = getattr(node, name, [])
        for member in (members.ravel() if isinstance(members, np.ndarray) else list(members))[:MOST_TREES]:
            yield from (part for part in (member, getattr(member, "estimator", None)) if hasattr(part, "get_params"))


def _splits(node: Any, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Array]]:
    """A tree's or a binning's own split values."""
    if hasattr(node, "tree_"):
        yield from _by_column(node.tree_.feature, node.tree_.threshold, traces)
    elif hasattr(node, "_predictors"):
        chosen = _remapped(node, traces)
        for predictor in [member for stage in node._predictors[:MOST_TREES] for member in stage]:
            inner = predictor.nodes[~predictor.nodes["is_leaf"].astype(bool)]
            plain = inner[~inner["is_categorical"].astype(bool)]
            yield from _by_column(plain["feature_idx"], plain["num_threshold"], chosen)
    elif hasattr(node, "bin_edges_"):
        yield from zip(traces, node.bin_edges_, strict=False)


def _remapped(node: Any, traces: Sequence[Trace]) -> list[Trace]:
    """HistGradientBoosting puts its category columns first."""
    if getattr(node, "_preprocessor", None) is None or node.is_categorical_ is None:
        return list(traces)
    order = [*np.flatnonzero(node.is_categorical_), *np.flatnonzero(~node.is_categorical_)]
    return [traces[place] for place in order]


def _by_column(columns: Array, values: Array, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Array]]:
    for column in np.unique(columns[columns >= 0]):
        if column < len(traces):
            yield traces[column], values[columns == column].astype(np.float64)


def _through(step: Any, traces: Sequence[Trace]) -> list[Trace]:
    """What the columns are after a step; unknown steps lose them."""
    if hasattr(step, "steps"):
        for _, inner in step.steps:
            if inner is not None and not isinstance(inner, str):
                traces = _through(inner, traces)
        return list(traces)
    if hasattr(step, "transformers_"):
        return _through_columns(step, traces)
    if hasattr(step, "get_support") and hasattr(step, "inverse_transform"):
        return [trace for trace, kept in zip(traces, step.get_support(), strict=False) if kept]
    if type(step).__name__ == "SimpleImputer":
        kept = [place for place, value in enumerate(step.statistics_) if value is not None and value == value]  # noqa: PLR0124 - only NaN differs from itself
        return [traces[place] for place in kept if place < len(traces)] + [None] * 1000
    undo = _undo(step)
    if undo is None:
        return [None] * 10_000
    return [None if trace is None else (trace[0], _then(undo(place), trace[1])) for place, trace in enumerate(traces)]


def _through_columns(step: Any, traces: Sequence[Trace]) -> list[Trace]:
    width = max((place.stop for place in step.output_indices_.values()), default=0)
    result: list[Trace] = [None] * width
    positions = step._transformer_to_input_indices
    for name, member, _ in step.transformers_:
        chosen = [traces[place] for place in positions.get(name, ()) if place < len(traces)]
        place = step.output_indices_[name]
        after = chosen if isinstance(member, str) else _through(member, chosen)
        result[place] = [*after, *[None] * width][: place.stop - place.start]
    return result


def _then(first: Back, second: Back) -> Back:
    return lambda values: second(first(values))


def _undo(step: Any) -> Callable[[int], Back] | None:
    """How to take a scaler's values back to what they were, by column; None for other steps."""
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
