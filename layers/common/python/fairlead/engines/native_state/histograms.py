"""Histogram gradient boosting: its trees, its bins, and the columns its preprocessor makes."""

from typing import Any

import numpy as np

from fairlead.engines.native_state.state import REALS, WHOLE, Array, State, attribute, class_of
from fairlead.engines.native_state.trees import check_children

ROOM = "sklearn.ensemble._hist_gradient_boosting."
PREDICTOR = ROOM + "predictor.TreePredictor"
MAPPER = ROOM + "binning._BinMapper"
WORDS = 8
"""32-bit words of a set of bins."""
NODE_FIELDS = {
    "value": "f8",
    "count": "u4",
    "feature_idx": "i8",
    "num_threshold": "f8",
    "missing_go_to_left": "u1",
    "left": "u4",
    "right": "u4",
    "gain": "f8",
    "depth": "u4",
    "is_leaf": "u1",
    "bin_threshold": "u1",
    "is_categorical": "u1",
    "bitset_idx": "u4",
}


def check_predictor(predictor: State) -> None:
    """Require children that lie ahead and are reached once, and a set of bins for each categorical split."""
    nodes = predictor.array("nodes", (None,), "V")
    fields = nodes.dtype.fields or {}
    if {name: fields[name][0].str[1:] for name in fields} != NODE_FIELDS:
        predictor.refuse("nodes", f"an array with the fields {', '.join(NODE_FIELDS)}", nodes.dtype)
    count = len(nodes)
    if count == 0:
        predictor.refuse("nodes", "at least one node", "none")
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    check_children(predictor, inner, {side: nodes[side][inner].astype(np.int64) for side in ("left", "right")}, count)
    negative = np.flatnonzero(nodes["feature_idx"] < 0)
    if negative.size:
        predictor.refuse(f"nodes[{negative[0]}].feature_idx", "0 or more", nodes["feature_idx"][negative[0]])
    sets = len(predictor.array("raw_left_cat_bitsets", (None, WORDS), WHOLE))
    predictor.array("binned_left_cat_bitsets", (sets, WORDS), WHOLE)
    for node in _categorical(nodes):
        if nodes["bitset_idx"][node] >= sets:
            predictor.refuse(f"nodes[{node}].bitset_idx", f"below {sets}", nodes["bitset_idx"][node])


def _categorical(nodes: Array) -> Array:
    return np.flatnonzero((nodes["is_leaf"] == 0) & (nodes["is_categorical"] != 0))


def check_mapper(mapper: State) -> None:
    """Require thresholds a feature, and categories that fit into a set of bins."""
    if "bin_thresholds_" not in mapper:
        return
    thresholds = mapper.members("bin_thresholds_")
    categorical = mapper.array("is_categorical_", (len(thresholds),), "bu")
    mapper.integer("missing_values_bin_idx_", 0, 255)
    for feature, known in enumerate(thresholds):
        place = f"bin_thresholds_[{feature}]"
        values = mapper.as_array(place, known, (None,), REALS + WHOLE)
        if len(values) > WORDS * 32:
            mapper.refuse(place, f"at most {WORDS * 32} thresholds", len(values))
        if categorical[feature]:
            mapper.within(place, np.nan_to_num(values, nan=-1), 0, WORDS * 32)


def check_boosting(boosting: State) -> None:
    """Require features of every tree among those of the rows, and sets of bins for every categorical split."""
    if "_predictors" not in boosting:
        return
    n_features = boosting.integer("n_features_in_", 1)
    if boosting.integer("_n_features", 1) != n_features:
        boosting.refuse("_n_features", f"n_features_in_ ({n_features})", boosting.get("_n_features"))
    if boosting.get("_in_fit"):
        boosting.refuse("_in_fit", "false in a fitted estimator", boosting.get("_in_fit"))
    mapper = boosting.get("_bin_mapper")
    if class_of(mapper) != MAPPER:
        boosting.refuse("_bin_mapper", f"a {MAPPER}", class_of(mapper))
    place = "_bin_mapper.is_categorical_"
    categorical = boosting.as_array(place, attribute(mapper, "is_categorical_"), (n_features,), "bu")
    if "_preprocessor" in boosting:
        _check_preprocessor(boosting, n_features)
    columns = boosting.integer("n_trees_per_iteration_", 1)
    for iteration, predictors in enumerate(boosting.members("_predictors")):
        if type(predictors) is not list or len(predictors) != columns:
            boosting.refuse(f"_predictors[{iteration}]", f"a list of {columns} trees", class_of(predictors))
        for column, predictor in enumerate(predictors):
            _check_features(boosting, f"_predictors[{iteration}][{column}]", predictor, categorical)


def _check_features(boosting: State, place: str, predictor: Any, categorical: Array) -> None:
    if class_of(predictor) != PREDICTOR:
        boosting.refuse(place, f"a {PREDICTOR}", class_of(predictor))
    nodes = predictor.nodes
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    wrong = inner[nodes["feature_idx"][inner] >= len(categorical)]
    if wrong.size:
        name = f"{place}.nodes[{wrong[0]}].feature_idx"
        boosting.refuse(name, f"below {len(categorical)}", nodes["feature_idx"][wrong[0]])
    sets = _categorical(nodes)
    plain = sets[categorical[nodes["feature_idx"][sets]] == 0]
    if plain.size:
        boosting.refuse(f"{place}.nodes[{plain[0]}].is_categorical", "0 for a feature without categories", 1)


def _check_preprocessor(boosting: State, n_features: int) -> None:
    """Require one column out for each column in: trees read what the preprocessor made without counting it."""
    preprocessor = boosting.get("_preprocessor")
    if class_of(preprocessor) != "sklearn.compose._column_transformer.ColumnTransformer":
        boosting.refuse("_preprocessor", "a ColumnTransformer or None", class_of(preprocessor))
    place = "_preprocessor.transformers_"
    steps = [tuple(step) for step in attribute(preprocessor, "transformers_") or ()]
    if [step[0] for step in steps[:2]] != ["encoder", "numerical"] or any(step[1] != "drop" for step in steps[2:]):
        boosting.refuse(place, "an encoder and a step for numbers", [step[0] for step in steps])
    (_, encoder, coded), (_, numerical, numbers) = steps[:2]
    coded = boosting.as_array(f"{place}[0].columns", coded, (n_features,), "b")
    numbers = boosting.as_array(f"{place}[1].columns", numbers, (n_features,), "b")
    if (coded == numbers).any():
        boosting.refuse(place, "a step for each column, and one only")
    taken = attribute(preprocessor, "_transformer_to_input_indices") or {}
    for name, mask in (("encoder", coded), ("numerical", numbers)):
        if list(taken.get(name, ())) != np.flatnonzero(mask).tolist():
            boosting.refuse(f"_preprocessor._transformer_to_input_indices[{name!r}]", "the columns of that step")
    _check_encoder(boosting, encoder, int(coded.sum()))
    _check_numbers(boosting, numerical)


def _check_encoder(boosting: State, encoder: Any, count: int) -> None:
    name = "_preprocessor.transformers_[0]"
    if class_of(encoder) != "sklearn.preprocessing._encoders.OrdinalEncoder":
        boosting.refuse(name, "an OrdinalEncoder", class_of(encoder))
    if attribute(encoder, "n_features_in_") != count or len(attribute(encoder, "categories_") or ()) != count:
        boosting.refuse(name, f"an encoder of {count} columns", attribute(encoder, "n_features_in_"))


def _check_numbers(boosting: State, step: Any) -> None:
    """scikit-learn's own step checks the array; a function of another kind might return another shape."""
    if isinstance(step, str) and step == "passthrough":
        return
    func = attribute(step, "func")
    called = getattr(attribute(func, "func") or func, "__qualname__", "")
    if class_of(step) != "sklearn.preprocessing._function_transformer.FunctionTransformer" or (
        func is not None and called != "check_array"
    ):
        boosting.refuse("_preprocessor.transformers_[1]", "the step that checks arrays", called or class_of(step))


CHECKS = {
    PREDICTOR: check_predictor,
    MAPPER: check_mapper,
    **{
        f"{ROOM}gradient_boosting.{name}": check_boosting
        for name in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
    },
}
