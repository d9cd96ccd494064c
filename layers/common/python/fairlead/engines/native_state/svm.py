"""Support vector machines: libsvm takes counts, indices and coefficients as they come."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.engines.native_state.state import REALS, WHOLE, State, attribute, class_of

OWN_FEATURES = frozenset({"linear", "poly", "rbf", "sigmoid"})
CSR = ("scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array")


def check_classifier(machine: State) -> None:
    """Require a count for each class, and coefficients and intercepts for each pair of classes."""
    if "support_" not in machine:
        return
    classes = len(machine.array("classes_", (None,), "biufUSO"))
    if classes < 2:
        machine.refuse("classes_", "two classes at least", classes)
    vectors = _check_vectors(machine)
    counts = machine.array("_n_support", (classes,), WHOLE)
    machine.within("_n_support", counts, 0, vectors + 1)
    if int(counts.sum()) != vectors:
        machine.refuse("_n_support", f"counts of {vectors} support vectors", int(counts.sum()))
    _check_coefficients(machine, classes - 1, vectors, classes * (classes - 1) // 2)


def check_single(machine: State) -> None:
    """Require one coefficient for each support vector: a regressor, or a detector of one class."""
    if "support_" not in machine:
        return
    vectors = _check_vectors(machine)
    machine.within("_n_support", machine.array("_n_support", (2,), WHOLE), 0, vectors + 1)
    _check_coefficients(machine, 1, vectors, 1)


def _check_vectors(machine: State) -> int:
    """Return the number of support vectors, after checking them and their positions in the training rows."""
    if "_impl" in machine:
        machine.refuse("_impl", "that of the class", machine.get("_impl"))
    machine.integer("degree", 0)
    n_features = machine.integer("n_features_in_", 1)
    support = machine.array("support_", (None,), WHOLE)
    fitted = machine.members("shape_fit_")
    if len(fitted) != 2 or not isinstance(fitted[0], (int, np.integer)):
        machine.refuse("shape_fit_", "rows and columns of the training data", fitted)
    machine.within("support_", support, 0, int(fitted[0]))
    vectors, found = len(support), machine.get("support_vectors_")
    if machine.get("_sparse") is True:
        _require_csr(machine, "support_vectors_", found, (vectors, n_features))
    elif str(machine.get("kernel")) in OWN_FEATURES:
        machine.array("support_vectors_", (vectors, n_features), REALS)
    else:
        machine.array("support_vectors_", (None, None), REALS)
    return vectors


def _require_csr(machine: State, place: str, matrix: Any, shape: tuple[int, int]) -> None:
    if class_of(matrix) not in CSR or attribute(matrix, "shape") != shape:
        machine.refuse(place, f"a csr matrix of shape {shape}", attribute(matrix, "shape") or class_of(matrix))


def _check_coefficients(machine: State, rows: int, vectors: int, pairs: int) -> None:
    if machine.get("_sparse") is True:
        matrix = machine.get("_dual_coef_")
        _require_csr(machine, "_dual_coef_", matrix, (rows, vectors))
        machine.as_array("_dual_coef_.data", attribute(matrix, "data"), (rows * vectors,), REALS)
    else:
        machine.array("_dual_coef_", (rows, vectors), REALS)
    machine.array("_intercept_", (pairs,), REALS)
    scaled = len(machine.array("_probA", (None,), REALS))
    if scaled not in (0, pairs):
        machine.refuse("_probA", f"{pairs} numbers or none", scaled)
    if rows > 1 or scaled:
        machine.array("_probB", (scaled,), REALS)


RULES: dict[Callable[[State], None], tuple[str, ...]] = {
    check_classifier: ("SVC", "NuSVC"),
    check_single: ("SVR", "NuSVR", "OneClassSVM"),
}
CHECKS = {f"sklearn.svm._classes.{name}": rule for rule, names in RULES.items() for name in names}
