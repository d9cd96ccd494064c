"""Columns that cannot influence an answer, from the fitted estimator's structure alone.

A column is unused where a ColumnTransformer drops it, or where a selector drops it before any step has mixed it with
others. Only scikit-learn's own classes are followed; any other step is taken to use all of its columns.
"""

from collections.abc import Iterable
from typing import Any

Origins = frozenset[int]
"""Positions of the estimator's columns that a value depends on."""
Columns = list[Origins] | Origins
"""The origins of each column of a step; one set where their number is unknown, and each may depend on all of it."""

COLUMN_WISE = frozenset(
    {
        *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer"),
        *("QuantileTransformer", "Binarizer", "OrdinalEncoder"),
    }
)
"""Each output column depends on the input column at its position, and there are as many."""
INNER = frozenset(
    {
        *("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"),
        *("TransformedTargetRegressor", "FixedThresholdClassifier", "TunedThresholdClassifierCV"),
        *("VotingClassifier", "VotingRegressor", "MultiOutputRegressor"),
        *("OneVsRestClassifier", "CalibratedClassifierCV"),
    }
)
"""Their answers depend on their inputs only through the fitted estimators that they hold."""
HELD = ("best_estimator_", "regressor_", "estimator_", "estimators_", "calibrated_classifiers_")


def unused_columns(estimator: Any, width: int) -> frozenset[int]:
    """Positions among the estimator's `width` columns that its answers cannot depend on; empty where unsure."""
    everything = frozenset(range(width))
    used = _read(estimator, [frozenset({position}) for position in range(width)])
    return everything - used if used else frozenset()


def _read(node: Any, columns: Columns) -> Origins:
    """Origins that the answers of a fitted estimator depend on."""
    name = _known(node)
    if name == "Pipeline":
        for _, step in node.steps[:-1]:
            columns = _through(step, columns)
        return _read(node.steps[-1][1], columns)
    held = list(_held(node)) if name in INNER else []
    if not held:
        return _all(columns)
    return frozenset().union(*(_read(member, columns) for member in held))


def _held(node: Any) -> Iterable[Any]:
    for attribute in HELD:
        members = getattr(node, attribute, None)
        for member in members if isinstance(members, list) else [members]:
            inner = getattr(member, "estimator", None) if attribute == "calibrated_classifiers_" else member
            if inner is not None and not isinstance(inner, str):
                yield inner


def _through(step: Any, columns: Columns) -> Columns:
    """Origins of what a transformer makes of these columns."""
    name = _known(step)
    if isinstance(columns, frozenset) or name in COLUMN_WISE or _passes(step, len(columns)):
        return columns
    if name == "Pipeline":
        for _, inner in step.steps:
            columns = _through(inner, columns)
        return columns
    if name == "ColumnTransformer":
        return _chosen(step, columns)
    if name and _selects(step):
        return [origins for origins, kept in zip(columns, step.get_support(), strict=True) if kept]
    return _all(columns)


def _chosen(transformer: Any, columns: list[Origins]) -> list[Origins]:
    """A ColumnTransformer's columns, in the order of its outputs; those that no transformer takes are gone."""
    found: list[Origins] = [frozenset()] * max(
        (place.stop for place in transformer.output_indices_.values()), default=0
    )
    positions = transformer._transformer_to_input_indices  # noqa: SLF001 - columns by name, mask, slice or callable, resolved
    for name, member, _ in transformer.transformers_:
        given = [columns[position] for position in positions.get(name, ())]
        if not given or (isinstance(member, str) and member == "drop"):
            continue
        place = transformer.output_indices_[name]
        made = _through(member, given)
        count = place.stop - place.start
        exact = isinstance(made, list) and len(made) == count
        found[place] = made if exact else [_all(given)] * count
    return found


def _all(columns: Columns) -> Origins:
    return columns if isinstance(columns, frozenset) else frozenset().union(*columns)


def _known(node: Any) -> str:
    """The class's name where scikit-learn itself defines it, empty otherwise."""
    kind = type(node)
    return kind.__name__ if kind.__module__.partition(".")[0] == "sklearn" else ""


def _passes(step: Any, width: int) -> bool:
    """Whether columns come out as many as they went in, each from itself."""
    if step is None or isinstance(step, str):
        return True
    name = _known(step)
    if name == "SimpleImputer":
        return not step.add_indicator and len(step.get_feature_names_out()) == width
    return name == "FunctionTransformer" and step.func is None


def _selects(step: Any) -> bool:
    from sklearn.feature_selection import SelectorMixin

    return isinstance(step, SelectorMixin)
