"""What the fitted estimator does first with each column: reads text, encodes categories, fills what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.model.signature import Null
from fairlead.publishing.signature.json_values import is_missing, null_of, plain

CHILDREN = ("best_estimator_", "estimator_", "regressor_", "estimator", "_preprocessor")
LISTS = ("estimators_", "calibrated_classifiers_")


@dataclass(slots=True)
class Use:
    """One column: `text` is read by a vectorizer, `encoded` by an encoder that knows `categories`.

    `missing` says that the estimator was built for missing values here: an imputer comes first, or its encoder knows
    missing as a category. `nulls` are the missing values it was fitted on here, as far as it knows them. `objects` says
    that the encoder was fitted on Python objects.
    """

    text: bool = False
    encoded: bool = False
    objects: bool = False
    missing: bool = False
    categories: set[Any] = field(default_factory=set)
    nulls: set[Null] = field(default_factory=set)


def uses_of(estimator: Any, width: int) -> list[Use]:
    """One Use for each of the estimator's `width` columns, in order."""
    uses = [Use() for _ in range(width)]
    _walk(estimator, uses)
    return uses


def reads_text(estimator: Any) -> bool:
    """Whether the first step is a text vectorizer, which takes one column of strings rather than a table."""
    if _is_vectorizer(estimator):
        return True
    if hasattr(estimator, "transformers_"):
        return False
    if hasattr(estimator, "steps"):
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
        return bool(steps) and reads_text(steps[0])
    if hasattr(estimator, "transformer_list"):
        return any(reads_text(member) for _, member in estimator.transformer_list)
    return any(reads_text(child) for child, _ in _children(estimator, []))


def _walk(node: Any, uses: Sequence[Use]) -> None:
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
    else:
        _walk_inside(node, uses)


def _walk_inside(node: Any, uses: Sequence[Use]) -> None:
    if hasattr(node, "steps"):
        _walk_steps(node, uses)
    elif hasattr(node, "transformers_"):
        _walk_columns(node, uses)
    elif hasattr(node, "transformer_list"):
        for _, member in node.transformer_list:
            _walk(member, uses)
    else:
        for child, columns in _children(node, uses):
            if getattr(child, "n_features_in_", len(columns)) == len(columns):
                _walk(child, columns)


def _is_vectorizer(node: Any) -> bool:
    from sklearn.base import BaseEstimator
    from sklearn.utils import get_tags

    if not isinstance(node, BaseEstimator) or not hasattr(node, "transform") or hasattr(node, "steps"):
        return False
    tags = get_tags(node).input_tags
    return bool(tags.string and not tags.two_d_array)


def _note_categories(encoder: Any, uses: Sequence[Use]) -> None:
    if len(encoder.categories_) != len(uses):
        return
    for use, known in zip(uses, encoder.categories_, strict=True):
        use.encoded = True
        use.objects |= known.dtype == object
        use.missing |= any(is_missing(value) for value in known)
        use.nulls.update(null_of(value) for value in known if is_missing(value) and known.dtype == object)
        use.categories.update(plain(value) for value in known if not is_missing(value))


def _walk_steps(pipeline: Any, uses: Sequence[Use]) -> None:
    """Follow the columns through steps that keep them apart; what an encoder made of them is no longer the column."""
    for _, step in pipeline.steps:
        if step is None or step == "passthrough":
            continue
        _walk(step, uses)
        if hasattr(step, "categories_") or not _keeps_columns(step, len(uses)):
            return


def _keeps_columns(step: Any, width: int) -> bool:
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.impute import SimpleImputer

    if isinstance(step, SimpleImputer):
        return len(step.statistics_) == width == len(step.get_feature_names_out())
    return isinstance(step, OneToOneFeatureMixin)


def _walk_columns(transformer: Any, uses: Sequence[Use]) -> None:
    positions = transformer._transformer_to_input_indices  # noqa: SLF001 - columns by name, mask, slice or callable, resolved
    for name, member, _ in transformer.transformers_:
        columns = [uses[position] for position in positions.get(name, []) if position < len(uses)]
        if not isinstance(member, str) and columns:
            _walk(member, columns)


def _children(node: Any, uses: Sequence[Use]) -> Iterator[tuple[Any, Sequence[Use]]]:
    from sklearn.tree import BaseDecisionTree

    for name in CHILDREN:
        child = getattr(node, name, None)
        if child is not None:
            yield child, uses
    subsets = getattr(node, "estimators_features_", None) if uses else None
    for name in LISTS:
        members = getattr(node, name, None)
        for number, child in enumerate(members if isinstance(members, list) else []):
            if isinstance(child, BaseDecisionTree):
                return
            yield child, uses if subsets is None else [uses[position] for position in subsets[number]]
