"""From the fields of a signature to the columns of the matrix that the last estimator reads.

Steps that make columns of single columns keep the fields apart. A step that mixes columns of one field keeps it too.
Any other step raises MixedFieldsError: its columns belong to no single field.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

SAME = frozenset({
    "Binarizer", "FunctionTransformer", "MaxAbsScaler", "MinMaxScaler", "OrdinalEncoder", "PowerTransformer",
    "QuantileTransformer", "RobustScaler", "StandardScaler",
})  # fmt: skip
"""Classes whose column n depends on column n alone; a FunctionTransformer only without a function."""


class MixedFieldsError(Exception):
    """A step makes columns of several fields; the message names it."""


def column_fields(step: Any, fields: Sequence[int]) -> list[int]:
    """Return the field of each column that a fitted step makes of columns of these fields."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import FeatureUnion, Pipeline

    if step is None or isinstance(step, str):
        return [] if step == "drop" else list(fields)
    if isinstance(step, Pipeline):
        found = list(fields)
        for _, inner in step.steps:
            found = column_fields(inner, found)
        return found
    if isinstance(step, FeatureUnion):
        return [field for _, inner in step.transformer_list for field in column_fields(inner, fields)]
    if isinstance(step, ColumnTransformer):
        return _of_parts(step, fields)
    return _of_one(step, fields)


def _of_parts(step: Any, fields: Sequence[int]) -> list[int]:
    """Return the fields of a ColumnTransformer's output, whose parts stand where `output_indices_` says."""
    places = step._transformer_to_input_indices  # noqa: SLF001 - columns by name, mask, slice or callable, resolved
    parts = [
        (step.output_indices_[name], column_fields(inner, [fields[place] for place in places.get(name, ())]))
        for name, inner, _ in step.transformers_
        if name in places
    ]
    for where, made in parts:
        if where.stop - where.start != len(made):
            raise MixedFieldsError("columns of a ColumnTransformer have no known origin")
    return [field for _, made in sorted(parts, key=lambda part: part[0].start) for field in made]


def _of_one(step: Any, fields: Sequence[int]) -> list[int]:
    kind = type(step).__name__
    if kind == "FunctionTransformer" and step.func is not None and len(set(fields)) > 1:
        raise MixedFieldsError("a FunctionTransformer may mix fields")
    if kind in SAME:
        return list(fields)
    if kind in _REPEATS:
        return np.repeat(fields, _REPEATS[kind](step, len(fields))).tolist()
    if kind == "SimpleImputer":
        return _imputed(step, fields)
    if hasattr(step, "get_support"):
        return [field for field, kept in zip(fields, step.get_support(), strict=True) if kept]
    if len(set(fields)) == 1:
        return [fields[0]] * _width(step, len(fields))
    raise MixedFieldsError(f"{kind} mixes several fields in its columns")


def _imputed(step: Any, fields: Sequence[int]) -> list[int]:
    """Return the fields of a SimpleImputer: it drops columns without values, and may add indicators."""
    empty = [isinstance(one, float) and np.isnan(one) for one in step.statistics_.tolist()]
    kept = [field for field, gone in zip(fields, empty, strict=True) if step.keep_empty_features or not gone]
    indicator = step.indicator_
    return kept + ([fields[place] for place in indicator.features_] if indicator is not None else [])


def _width(step: Any, width: int) -> int:
    """Return the number of columns of a step that reads one field."""
    if hasattr(step, "vocabulary_"):
        return len(step.vocabulary_)
    if hasattr(step, "idf_"):
        return width
    return len(step.get_feature_names_out())


def _bins(step: Any, _: int) -> Any:
    return step.n_bins_ if step.encode.startswith("onehot") else np.ones_like(step.n_bins_)


def _targets(step: Any, width: int) -> Any:
    return [len(step.classes_) if step.target_type_ == "multiclass" else 1] * width


_REPEATS: dict[str, Any] = {
    "OneHotEncoder": lambda step, _: step._n_features_outs,  # noqa: SLF001 - counts what drop and infrequent leave
    "KBinsDiscretizer": _bins,
    "SplineTransformer": lambda step, width: [step.n_features_out_ // width] * width,
    "TargetEncoder": _targets,
}
"""Columns that a step makes of each of its columns, in the same order."""
