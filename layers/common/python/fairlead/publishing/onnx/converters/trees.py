"""Converters of decision trees, forests, gradient boosting and isolation forests."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.link_functions import binary_probabilities, write_classes
from fairlead.publishing.onnx.converters.tree_ensembles import Array, Ensemble


def forest_classifier(nodes: Nodes, operator: Any) -> None:
    """Write the mean of the leaves' class shares, of one tree or a forest, and the class of the first largest."""
    model = operator.raw_operator
    if getattr(model, "n_outputs_", 1) != 1:
        raise NotConvertibleError(f"{type(model).__name__} with several targets", use="one classifier for each target")
    trees = _trees(model)
    values = [tree.value[:, 0, :] for tree in trees]
    sums = _sums(nodes, _as_float32(nodes, operator), trees, values)
    write_classes(nodes, operator, scores=sums, probabilities=_mean(nodes, sums, len(trees)))


def forest_regressor(nodes: Nodes, operator: Any) -> None:
    """Write the mean of the leaves' values, of one tree or a forest, for one target or several."""
    trees = _trees(operator.raw_operator)
    values = [tree.value[:, :, 0] for tree in trees]
    sums = _sums(nodes, _as_float32(nodes, operator), trees, values)
    nodes.fill(operator.outputs[0], _mean(nodes, sums, len(trees)))


def boosting_classifier(nodes: Nodes, operator: Any) -> None:
    """Write probabilities by the loss's link from the sum of all stages."""
    model = operator.raw_operator
    raw = _boosting(nodes, operator)
    scored = nodes.wants_scores(operator)
    if model.n_trees_per_iteration_ > 1:
        write_classes(nodes, operator, scores=raw, probabilities=raw if scored else nodes.add("Softmax", raw, axis=1))
        return
    steepness = 2.0 if model.loss == "exponential" else 1.0
    second = raw if scored else binary_probabilities(nodes, nodes.add("Mul", raw, steepness))
    positive = nodes.add("Reshape", nodes.add("GreaterOrEqual", raw, 0.0), np.array([-1]))
    write_classes(nodes, operator, indices=nodes.cast(positive, np.int64), probabilities=second)


def boosting_regressor(nodes: Nodes, operator: Any) -> None:
    """Write the sum of all stages."""
    nodes.fill(operator.outputs[0], _boosting(nodes, operator))


def isolation_forest(nodes: Nodes, operator: Any) -> None:
    """Write labels 1 and -1, and decision_function's scores: shorter paths are more abnormal."""
    from sklearn.ensemble._iforest import _average_path_length

    model = operator.raw_operator
    ensemble = Ensemble()
    some = model._max_features != model.n_features_in_
    members = zip(model.estimators_, model.estimators_features_, strict=True)
    for number, (member, features) in enumerate(members):
        tree = member.tree_
        depths = model._decision_path_lengths[number] + model._average_path_length_per_tree[number] - 1.0
        _add_tree(ensemble, tree, depths, np.zeros(tree.node_count), features=np.asarray(features) if some else None)
    sums = ensemble.write(nodes, _as_float32(nodes, operator), 1)
    denominator = len(model.estimators_) * float(_average_path_length([model._max_samples])[0])
    exponent = nodes.add("Neg", nodes.add("Div", sums, denominator)) if denominator else -1.0
    anomaly = nodes.add("Pow", 2.0, exponent)
    scores = nodes.add("Sub", nodes.add("Neg", anomaly), float(model.offset_))
    outlier = nodes.add("Reshape", nodes.add("Less", scores, 0.0), np.array([-1]))
    nodes.fill(operator.outputs[0], nodes.add("Where", outlier, np.int64(-1), np.int64(1)))
    nodes.fill(operator.outputs[1], scores)


def _trees(model: Any) -> list[Any]:
    members = model.estimators_ if hasattr(model, "estimators_") else [model]
    return [member.tree_ for member in members]


def _as_float32(nodes: Nodes, operator: Any) -> str:
    """Write the inputs rounded to float32, which scikit-learn's trees compare, as doubles."""
    return nodes.cast(nodes.cast(nodes.matrix(operator), np.float32), np.float64)


def _mean(nodes: Nodes, sums: str, count: int) -> str:
    return nodes.add("Div", sums, float(count)) if count > 1 else sums


def _sums(nodes: Nodes, matrix: str, trees: list[Any], values: list[Array]) -> str:
    """Write the sums of `values` (by node and target) over trees, in order, so ties equal scikit-learn's."""
    width = values[0].shape[1]
    ensemble = Ensemble()
    if width == 1:
        for tree, value in zip(trees, values, strict=True):
            _add_tree(ensemble, tree, value[:, 0], np.zeros(tree.node_count))
        return ensemble.write(nodes, matrix, 1)
    if all(_is_pure(tree, value) for tree, value in zip(trees, values, strict=True)):
        for tree, value in zip(trees, values, strict=True):
            _add_tree(ensemble, tree, np.ones(tree.node_count), value.argmax(axis=1))
        return ensemble.write(nodes, matrix, width)
    return _sums_by_leaf(nodes, matrix, trees, values)


def _sums_by_leaf(nodes: Nodes, matrix: str, trees: list[Any], values: list[Array]) -> str:
    """Write the sums by a lookup: the operator's leaf has one target, so each tree answers its leaf's number."""
    ensemble = Ensemble()
    rows: list[Array] = []
    count = 0
    for number, (tree, value) in enumerate(zip(trees, values, strict=True)):
        leaves = np.flatnonzero(tree.children_left < 0)
        numbers = np.zeros(tree.node_count)
        numbers[leaves] = np.arange(count, count + len(leaves))
        _add_tree(ensemble, tree, numbers, np.full(tree.node_count, number))
        rows.append(value[leaves])
        count += len(leaves)
    leaf = nodes.cast(ensemble.write(nodes, matrix, len(trees)), np.int64)
    table = nodes.add("Gather", np.concatenate(rows), leaf, axis=0)
    running = nodes.add("CumSum", table, np.int64(1)) if len(trees) > 1 else table
    return nodes.add("Gather", running, np.int64(len(trees) - 1), axis=1)


def _is_pure(tree: Any, value: Array) -> bool:
    leaves = value[tree.children_left < 0]
    return bool((((leaves == 0) | (leaves == 1)).all(axis=1) & (leaves.sum(axis=1) == 1)).all())


def _boosting(nodes: Nodes, operator: Any) -> str:
    model = operator.raw_operator
    if not (model.init_ == "zero" or type(model.init_).__name__ in ("DummyClassifier", "DummyRegressor")):
        raise NotConvertibleError(f"{type(model).__name__} with an estimator as init", use="init=None")
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    ensemble = Ensemble()
    for target, value in enumerate(start):
        ensemble.add_constant(float(value), target)
    for stage in model.estimators_:
        for target, member in enumerate(stage):
            tree = member.tree_
            leaves = model.learning_rate * tree.value[:, 0, 0]
            _add_tree(ensemble, tree, leaves, np.full(tree.node_count, target))
    return ensemble.write(nodes, _as_float32(nodes, operator), len(start))


def _add_tree(ensemble: Ensemble, tree: Any, values: Array, targets: Array, *, features: Array | None = None) -> None:
    """Add a tree_ of scikit-learn; `features` maps its columns to the forest's, where it was fitted on only some."""
    feature = np.where(tree.children_left < 0, 0, tree.feature)
    ensemble.add(
        feature=feature if features is None else features[feature],
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left,
        values=values,
        targets=targets,
    )
