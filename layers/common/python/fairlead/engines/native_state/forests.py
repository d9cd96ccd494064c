"""Ensembles of decision trees: gradient boosting adds leaf values to its answers without looking."""

from typing import Any

from fairlead.engines.native_state.state import Array, State, attribute, class_of
from fairlead.engines.native_state.trees import TREE

STARTS = ("sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor")
TREES = "sklearn.tree._classes.DecisionTreeRegressor"


def check_boosting(boosting: State) -> None:
    """Require trees over the ensemble's own features, one value per leaf, and a column of answers for each tree."""
    if "estimators_" not in boosting:
        return
    n_features, columns = boosting.integer("n_features_in_", 1), boosting.integer("n_trees_per_iteration_", 1)
    estimators = boosting.array("estimators_", (None, columns), "O")
    if len(estimators) == 0:
        boosting.refuse("estimators_", "at least one iteration", "none")
    for (row, column), estimator in _each(estimators):
        place = f"estimators_[{row}, {column}]"
        tree = attribute(estimator, "tree_")
        if class_of(estimator) != TREES or class_of(tree) != TREE:
            boosting.refuse(place, f"a fitted {TREES}", class_of(estimator))
        shape = (attribute(tree, "n_features"), attribute(tree, "n_outputs"), attribute(tree, "max_n_classes"))
        if shape != (n_features, 1, 1):
            boosting.refuse(place, f"a tree of {n_features} features and one value for each leaf", shape)
    loss = boosting.get("_loss")
    if attribute(loss, "is_multiclass") is not (columns > 1):
        boosting.refuse("_loss", "a loss for " + ("several classes" if columns > 1 else "one column"), class_of(loss))
    _check_start(boosting, columns)


def _each(estimators: Array) -> Any:
    return (
        ((row, column), estimators[row, column])
        for row in range(estimators.shape[0])
        for column in range(estimators.shape[1])
    )


def _check_start(boosting: State, columns: int) -> None:
    """The first answers come from `init_`; trees add to them by row and column, so their shape must be certain.

    A dummy's is judged here. Another estimator's can only be known when it answers: the builder puts it behind a check.
    """
    init = boosting.get("init_")
    if isinstance(init, str) and init == "zero":
        return
    name = class_of(init)
    if name not in STARTS:
        if not hasattr(init, "predict"):
            boosting.refuse("init_", "'zero' or an estimator", name)
        return
    if attribute(init, "n_outputs_") != 1:
        boosting.refuse("init_.n_outputs_", "1", attribute(init, "n_outputs_"))
    classes = attribute(init, "n_classes_")
    if name == STARTS[0] and classes != (columns if columns > 1 else 2):
        boosting.refuse("init_.n_classes_", f"that of {columns} trees an iteration", classes)
    if name == STARTS[0]:
        boosting.as_array("init_.class_prior_", attribute(init, "class_prior_"), (int(classes),))


CHECKS = {
    f"sklearn.ensemble._gb.{name}": check_boosting
    for name in ("GradientBoostingClassifier", "GradientBoostingRegressor")
}
