"""Find the first use of each column in a fitted estimator: read as text, encoded as a category, or imputed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.model.signature import Null
from fairlead.publishing.input.inner_estimators import inner_estimators, pipeline_steps, walk_estimator
from fairlead.publishing.signature.json_values import is_missing, null_of, plain


@dataclass(slots=True)
class ColumnUse:
    """The use of one column: `text` where a vectorizer reads it, `encoded` by an encoder with these `categories`.

    `missing` says that the estimator expects missing values in the column: an imputer comes first, or the encoder has
    a category for missing. `nulls` are the kinds of missing values that it was fitted on, where it stores them.
    `objects` says that the encoder was fitted on Python objects.
    """

    text: bool = False
    encoded: bool = False
    objects: bool = False
    missing: bool = False
    categories: set[Any] = field(default_factory=set)
    nulls: set[Null] = field(default_factory=set)


def column_uses(estimator: Any, width: int) -> list[ColumnUse]:
    """Return one ColumnUse for each of the estimator's `width` columns, in order."""
    uses = [ColumnUse() for _ in range(width)]
    for node, columns in walk_estimator(estimator, uses, _through):
        _note(node, columns)
    return uses


def reads_text(estimator: Any) -> bool:
    """Return whether the first step is a text vectorizer, which takes one column of strings and no table."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    if _is_vectorizer(estimator):
        return True
    if isinstance(estimator, ColumnTransformer):
        return False
    if isinstance(estimator, Pipeline):
        return any(reads_text(step) for step in pipeline_steps(estimator)[:1])
    return any(reads_text(inner.estimator) for inner in inner_estimators(estimator))


def _note(node: Any, uses: Sequence[ColumnUse]) -> None:
    """Note how an estimator uses its columns."""
    if _is_vectorizer(node):
        for use in uses:
            use.text = True
    elif type(node).__module__.startswith("sklearn.impute"):
        for use in uses:
            use.missing = True
            if getattr(node, "missing_values", 0) is None:
                use.nulls.add("none")
    elif hasattr(node, "categories_"):
        _note_categories(node, uses)
    elif hasattr(node, "boosting"):
        for place, known in node.boosting.categories.items():
            uses[place].encoded = True
            uses[place].categories.update(known)


def _is_vectorizer(node: Any) -> bool:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline
    from sklearn.utils import get_tags

    if not isinstance(node, BaseEstimator) or isinstance(node, Pipeline) or not hasattr(node, "transform"):
        return False
    tags = get_tags(node).input_tags
    return bool(tags.string and not tags.two_d_array)


def _note_categories(encoder: Any, uses: Sequence[ColumnUse]) -> None:
    if len(encoder.categories_) != len(uses):
        return
    for use, known in zip(uses, encoder.categories_, strict=True):
        use.encoded = True
        use.objects |= known.dtype == object
        use.missing |= any(is_missing(value) for value in known)
        use.nulls.update(null_of(value) for value in known if is_missing(value) and known.dtype == object)
        use.categories.update(plain(value) for value in known if not is_missing(value))


def _through(step: Any, uses: Sequence[ColumnUse]) -> Sequence[ColumnUse] | None:
    """Return the columns behind a step that keeps them separate; an encoder's output is no longer the column."""
    return None if hasattr(step, "categories_") or not _keeps_columns(step, len(uses)) else uses


def _keeps_columns(step: Any, width: int) -> bool:
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.impute import SimpleImputer

    if isinstance(step, SimpleImputer):
        return len(step.statistics_) == width == len(step.get_feature_names_out())
    return isinstance(step, OneToOneFeatureMixin)
