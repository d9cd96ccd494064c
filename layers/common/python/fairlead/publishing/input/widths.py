"""Bound the columns that an estimator makes of one row, before it is first called: nested unions double them."""

from collections.abc import Callable
from typing import Any

from fairlead.errors import ModelFileError
from fairlead.publishing.input.inner_estimators import inner_estimators, pipeline_steps

MOST_COLUMNS = 1 << 21
"""Twice the columns that scikit-learn's hashing makes by default. Twenty rows of so many numbers take 340 MB."""

WIDTHS: dict[str, Callable[[Any], int]] = {
    "CountVectorizer": lambda fitted: len(fitted.vocabulary_),
    "HashingVectorizer": lambda fitted: int(fitted.n_features),
    "KBinsDiscretizer": lambda fitted: sum(map(int, fitted.n_bins_)),
    "OneHotEncoder": lambda fitted: sum(map(len, fitted.categories_)),
    "PolynomialFeatures": lambda fitted: int(fitted.n_output_features_),
    "SplineTransformer": lambda fitted: int(fitted.n_features_out_),
    "TfidfVectorizer": lambda fitted: len(fitted.vocabulary_),
}
"""Columns that a fitted transformer makes at most, where these may be many more than it is given."""


def check_width(estimator: Any, columns: int) -> None:
    """Raise ModelFileError if a step makes more than MOST_COLUMNS columns of a row with this number of columns."""
    _width(estimator, columns)


def _width(estimator: Any, columns: int) -> int:
    """Return the number of columns behind a step; steps behind a transformer are given at least those it makes."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import FeatureUnion, Pipeline

    if isinstance(estimator, Pipeline):
        for step in pipeline_steps(estimator):
            columns = _width(step, max(columns, vars(step).get("n_features_in_", 0)))
        return columns
    members = [
        _width(inner, columns if positions is None else len(positions))
        for inner, positions in inner_estimators(estimator)
    ]
    made: int = columns
    if isinstance(estimator, FeatureUnion):
        made = sum(members) + columns * sum(one == "passthrough" for _, one in estimator.transformer_list)
    elif isinstance(estimator, ColumnTransformer):
        made = sum(members) + _passed(estimator)
    elif known := WIDTHS.get(type(estimator).__name__):
        made = known(estimator)
    if made > MOST_COLUMNS:
        raise ModelFileError(
            f"the {type(estimator).__name__} makes {made:,} columns of one row; the limit is {MOST_COLUMNS:,}",
            hint="nest fewer unions, use a lower degree, or group rare categories (min_frequency, max_categories)",
        )
    return made


def _passed(transformer: Any) -> int:
    """Return how many columns a ColumnTransformer passes through."""
    positions = transformer._transformer_to_input_indices  # noqa: SLF001 - columns by name, mask or slice, resolved
    return sum(len(positions.get(name, ())) for name, one, _ in transformer.transformers_ if one == "passthrough")
