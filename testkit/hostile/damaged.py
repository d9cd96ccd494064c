"""Hostile files that are well-formed pickles of real models, with one native array or count made wrong."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import joblib

from testkit.hostile.damage import damages
from testkit.hostile.models import LEARNERS, fitted

WRONG: dict[str, list[tuple[str, str]]] = {
    # learner: where its place ends, kind of damage
    "forest": [
        (".nodes.left_child", "all huge"),
        (".nodes.left_child", "all zero"),
        (".nodes.right_child", "all far negative"),
        (".nodes.feature", "all huge"),
        (".nodes.right_child", "all one"),
        (".tree_.max_depth", "zero"),
        (".n_features_in_", "huge"),
    ],
    "boosting": [
        (".nodes.left_child", "last zero"),
        (".nodes.feature", "all negative"),
        (".estimators_", "narrower"),
        (".init_.class_prior_", "shorter"),
        (".init_.n_classes_", "one more"),
    ],
    "histogram": [
        (".nodes.left", "all huge"),
        (".nodes.right", "all zero"),
        (".nodes.feature_idx", "all huge"),
        (".nodes.is_leaf", "all zero"),
        (".nodes", "empty"),
        ("._bin_mapper.is_categorical_", "shorter"),
    ],
    "categories": [
        (".nodes.bitset_idx", "all huge"),
        (".raw_left_cat_bitsets", "empty"),
        (".bin_thresholds_", "shorter"),
    ],
    "svm": [
        (".support_vectors_", "empty"),
        ("._n_support", "all huge"),
        ("._dual_coef_", "shorter"),
        ("._intercept_", "empty"),
        (".support_", "all huge"),
        (".support_", "longer"),
    ],
    "kd tree": [
        (".idx_array", "all huge"),
        (".node_data.idx_end", "all huge"),
        (".node_data.is_leaf", "all zero"),
        (".node_bounds", "shorter"),
        (".n_nodes", "huge"),
    ],
    "ball tree": [
        (".idx_array", "all far negative"),
        (".node_data.idx_start", "all far negative"),
        (".data", "narrower"),
    ],
    "brute": [("._y", "all huge"), (".n_samples_fit_", "huge"), ("._fit_X", "narrower")],
    "one-hot": [("._n_features_outs[0]", "zero"), (".categories_[0]", "longer")],
    "words": [("]", "huge"), ("]", "negative")],
    "spline": [(".t", "reversed"), (".c", "shorter"), (".k", "huge")],
    "clusters": [(".cluster_centers_", "narrower"), (".cluster_centers_", "empty"), ("._n_threads", "huge")],
}
NESTS = ("in a pipeline", "in a calibration", "in a bag", "in a stack", "in a vote")


def files() -> Iterator[tuple[str, Callable[[], bytes], Any]]:
    """Yield every damage alone, and in one kind of nest, with rows to answer."""
    number = 0
    for learner, wrong in WRONG.items():
        for place, kind in wrong:
            number += 1
            texts = learner in ("clusters", "words")  # a bag takes no texts, a clustering is in no ensemble
            nests = ("alone", "in a pipeline" if texts else NESTS[number % len(NESTS)])
            for nest in nests:
                name = f"damaged {learner} {nest}: {place} {kind}"
                yield name, partial(_made, learner, nest, place, kind), LEARNERS[learner][1]


def _made(learner: str, nest: str, place: str, kind: str) -> bytes:
    model, _ = fitted(learner, nest)
    places = [damage for damage in damages(model, frozenset({kind})) if damage.place.endswith(place)]
    found = next(damage for damage in reversed(places) if learner != "words" or "vocabulary_" in damage.place)
    out = io.BytesIO()
    joblib.dump(found.apply(model), out)
    return out.getvalue()
