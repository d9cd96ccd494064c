"""Find the columns that cannot influence an answer, from the fitted estimator's structure alone.

A column is unused where a ColumnTransformer drops it, or where a selector drops it before any step has combined it with
others. Only scikit-learn's own classes are followed; any other step is assumed to use all of its columns.
"""

from typing import Any

from fairlead.publishing.input.inner_estimators import inner_estimators

Origins = frozenset[int]
"""Positions of the estimator's columns that a value depends on."""
Columns = list[Origins] | Origins
"""The origins of each column of a step. One set where the number of columns is unknown: each may depend on all."""

COLUMN_WISE = frozenset(
    {
        *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer"),
        *("QuantileTransformer", "Binarizer", "OrdinalEncoder"),
    }
)
"""Each output column depends on the input column at its position alone, and their numbers are equal."""
INNER = frozenset(
    {
        *("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"),
        *("TransformedTargetRegressor", "FixedThresholdClassifier", "TunedThresholdClassifierCV"),
        *("VotingClassifier", "VotingRegressor", "MultiOutputRegressor"),
        *("OneVsRestClassifier", "CalibratedClassifierCV"),
    }
)
"""Their answers depend on their inputs only through their fitted inner estimators."""


def unused_columns(estimator: Any, width: int) -> frozenset[int]:
    """Return the positions among `width` columns that the answers cannot depend on; empty where that is unknown."""
    everything = frozenset(range(width))
    used = _read(estimator, [frozenset({position}) for position in range(width)])
    return everything - used if used else frozenset()


def _read(node: Any, columns: Columns) -> Origins:
    """Return the origins that the answers of a fitted estimator depend on."""
    name = _known(node)
    if name == "Pipeline":
        for _, step in node.steps[:-1]:
            columns = _through(step, columns)
        return _read(node.steps[-1][1], columns)
    inner = list(inner_estimators(node)) if name in INNER else []
    if not inner:
        return _all(columns)
    return frozenset().union(*(_read(member.estimator, columns) for member in inner))


def _through(step: Any, columns: Columns) -> Columns:
    """Return the origins of a transformer's outputs for these input columns."""
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
    """Return the origins of a ColumnTransformer's outputs, in their order; columns that no member takes are dropped."""
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
    """Return the class's name where scikit-learn itself defines it, empty otherwise."""
    kind = type(node)
    return kind.__name__ if kind.__module__.partition(".")[0] == "sklearn" else ""


def _passes(step: Any, width: int) -> bool:
    """Return whether the step returns each column at its position, derived from that column alone."""
    if step is None or isinstance(step, str):
        return True
    name = _known(step)
    if name == "SimpleImputer":
        return not step.add_indicator and len(step.get_feature_names_out()) == width
    return name == "FunctionTransformer" and step.func is None


def _selects(step: Any) -> bool:
    from sklearn.feature_selection import SelectorMixin

    return isinstance(step, SelectorMixin)
