"""Encoders and vectorizers: the columns they write must lie inside the sparse matrix that they make."""

from typing import Any

import numpy as np

from fairlead.engines.native_state.state import WHOLE, State


def check_vocabulary(vectorizer: State) -> None:
    """Require a column for each term, and each column once."""
    if "vocabulary_" not in vectorizer:
        return
    vocabulary = vectorizer.get("vocabulary_")
    if type(vocabulary) is not dict:
        vectorizer.refuse("vocabulary_", "a dictionary", type(vocabulary).__name__)
    columns = list(vocabulary.values())
    if not all(isinstance(column, (int, np.integer)) and 0 <= column < len(columns) for column in columns):
        term = next(
            term
            for term, column in vocabulary.items()
            if not isinstance(column, (int, np.integer)) or not 0 <= column < len(columns)
        )
        vectorizer.refuse(f"vocabulary_[{str(term)[:40]!r}]", f"from 0 up to {len(columns) - 1}", vocabulary[term])
    vectorizer.permutation("vocabulary_", np.array(columns, np.int64))


def check_hashing(hasher: State) -> None:
    """Require a number of columns that a hash can be divided by."""
    hasher.integer("n_features", 1)


def check_one_hot(encoder: State) -> None:
    """Require as many columns as categories give, after grouping and dropping."""
    if "categories_" not in encoder:
        return
    categories = encoder.members("categories_")
    widths = encoder.members("_n_features_outs")
    dropped: Any = encoder.get("_drop_idx_after_grouping")
    if dropped is None:
        dropped = [None] * len(categories)
    if len(widths) != len(categories) or len(dropped) != len(categories):
        encoder.refuse("_n_features_outs", f"{len(categories)} numbers", len(widths))
    for column, known in enumerate(categories):
        width = _grouped(encoder, column, len(known))
        drop = dropped[column]
        if drop is not None:
            if not isinstance(drop, (int, np.integer)) or not 0 <= drop < width:
                encoder.refuse(f"_drop_idx_after_grouping[{column}]", f"from 0 up to {width - 1}", drop)
            width -= 1
        if widths[column] != width:
            encoder.refuse(f"_n_features_outs[{column}]", f"{width}, as its categories give", widths[column])


def _grouped(encoder: State, column: int, count: int) -> int:
    """Return how many codes the categories of a column have, after infrequent ones became one."""
    if not encoder.get("_infrequent_enabled"):
        return count
    mappings = encoder.members("_default_to_infrequent_mappings")
    if column >= len(mappings):
        encoder.refuse("_default_to_infrequent_mappings", "a mapping for each column", len(mappings))
    if mappings[column] is None:
        return count
    place = f"_default_to_infrequent_mappings[{column}]"
    mapping = encoder.as_array(place, mappings[column], (count,), WHOLE)
    encoder.within(place, mapping, 0, max(count, 1))
    return int(mapping.max()) + 1 if count else 0


CHECKS = {
    "sklearn.feature_extraction.text.CountVectorizer": check_vocabulary,
    "sklearn.feature_extraction.text.TfidfVectorizer": check_vocabulary,
    "sklearn.feature_extraction._dict_vectorizer.DictVectorizer": check_vocabulary,
    "sklearn.feature_extraction.text.HashingVectorizer": check_hashing,
    "sklearn.feature_extraction._hash.FeatureHasher": check_hashing,
    "sklearn.preprocessing._encoders.OneHotEncoder": check_one_hot,
}
