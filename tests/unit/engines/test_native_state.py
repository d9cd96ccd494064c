"""State that native code follows unchecked: what fitted estimators hold passes, each damage is refused by its place."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.cluster import Birch, BisectingKMeans, KMeans
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, SplineTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from fairlead.engines import native_state
from fairlead.errors import ModelFileError

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
SPARSE = sp.csr_matrix(np.where(X > 0, X, 0))
y = np.arange(60) % 3
CODES = np.c_[np.arange(60) % 2, np.arange(60) % 5].astype(float)


def spline() -> Any:
    fitted = SplineTransformer().fit(X).bsplines_[0]
    return getattr(fitted, "_delegate_to", None) or fitted


def circle(tree: Any) -> Any:
    tree.left = tree
    return tree


MAKERS: dict[str, Callable[[], Any]] = {
    "tree": lambda: DecisionTreeClassifier(random_state=0).fit(X, y).tree_,
    "tree estimator": lambda: DecisionTreeClassifier(random_state=0).fit(X, y),
    "tree of two labels": lambda: DecisionTreeClassifier(random_state=0).fit(X, np.c_[y, y % 2]),
    "polynomial": lambda: PolynomialFeatures().fit(X),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, y),
    "histogram tree": lambda: HistGradientBoostingClassifier(max_iter=1).fit(X, y)._predictors[0][0],
    "categorical tree": lambda: (
        HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1, categorical_features=[0, 1])
        .fit(CODES, CODES[:, 1] % 2)
        ._predictors[0][0]
    ),
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=2).fit(X, y),
    "categorical boosting": lambda: HistGradientBoostingClassifier(max_iter=2, categorical_features=[0, 1]).fit(
        np.c_[CODES, X], y
    ),
    "bins": lambda: HistGradientBoostingClassifier(max_iter=1, categorical_features=[0, 1]).fit(CODES, y)._bin_mapper,
    "kd tree": lambda: KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(X, y)._tree,
    "ball tree": lambda: (
        KNeighborsClassifier(algorithm="ball_tree", metric="seuclidean", metric_params={"V": np.ones(3)})
        .fit(X, y)
        ._tree
    ),
    "neighbours": lambda: KNeighborsClassifier(algorithm="brute").fit(X, y),
    "neighbours of two labels": lambda: KNeighborsClassifier().fit(X, np.c_[y, y % 2]),
    "outliers": lambda: LocalOutlierFactor(novelty=True).fit(X),
    "svm": lambda: SVC().fit(X, y),
    "precomputed svm": lambda: SVC(kernel="precomputed").fit(X @ X.T, y),
    "sparse svm": lambda: SVC().fit(SPARSE, y),
    "regressing svm": lambda: SVR().fit(X, y),
    "csr": SPARSE.copy,
    "csc": lambda: sp.csc_array(SPARSE),
    "coo": lambda: sp.coo_matrix(SPARSE),
    "bsr": lambda: sp.bsr_matrix(SPARSE, blocksize=(2, 3)),
    "dia": lambda: sp.dia_matrix(SPARSE),
    "vocabulary": lambda: CountVectorizer().fit(["a good bird", "a bad bird"]),
    "hashing": HashingVectorizer,
    "one-hot": lambda: OneHotEncoder(drop="first", min_frequency=13).fit(CODES),
    "k-means": lambda: KMeans(3, n_init=1).fit(X),
    "bisecting": lambda: BisectingKMeans(4).fit(X),
    "birch": lambda: Birch(n_clusters=3).fit(X),
    "spline": spline,
    "linear": lambda: LinearRegression(n_jobs=2).fit(X, y),
}


@cache
def fitted(name: str) -> Any:
    return MAKERS[name]()


def state_of(name: str) -> tuple[str, dict[str, Any]]:
    part = fitted(name)
    state = native_state.state_of(part)
    assert state is not None
    return f"{type(part).__module__}.{type(part).__qualname__}", dict(state)


def put(array: Any, index: Any, value: Any, field: str | None = None) -> Any:
    """A copy with one element, or one field of one element, replaced."""
    changed = array.copy()
    (changed if field is None else changed[field])[index] = value
    return changed


@pytest.mark.parametrize("name", MAKERS)
def test_fitted_state_passes(name: str) -> None:
    native_state.check(*state_of(name))


def test_every_listed_class_is_one_that_its_package_has() -> None:
    """A class that moved would pass unchecked."""
    import importlib

    for name in native_state.CHECKS:
        module, _, kind = name.rpartition(".")
        optional = ("_PPoly", "KDTree64", "BallTree64", "_BSpline")  # not in every version
        if not hasattr(importlib.import_module(module), kind):
            assert kind in optional or "Distance" in kind


def changed_nodes(index: Any, value: Any, field: str) -> Callable[[Any], Any]:
    return lambda nodes: put(nodes, index, value, field)


Damage = tuple[str, str, Callable[[Any], Any], str]
DAMAGES: list[Damage] = [
    ("tree", "nodes", changed_nodes(0, 10**12, "left_child"), "nodes[0].left_child must be from 1 up to"),
    ("tree", "nodes", changed_nodes(0, -7, "right_child"), "nodes[0].right_child"),
    ("tree", "nodes", changed_nodes(2, 0, "left_child"), "nodes["),
    ("tree", "nodes", changed_nodes(0, 3, "feature"), "nodes[0].feature must be from 0 up to 2, got 3"),
    ("tree", "nodes", lambda nodes: nodes[:0], "node_count"),
    ("tree", "nodes", lambda nodes: nodes["feature"], "nodes must be an array of shape (any) and kind V"),
    ("tree", "nodes", lambda nodes: nodes.astype([(n, "f8") for n in nodes.dtype.names]), "with the fields"),
    ("tree", "node_count", lambda count: count + 1, "node_count must be the"),
    ("tree", "values", lambda values: values[:-1], "values must be an array of shape"),
    ("tree", "values", lambda values: values[:, :, :2], "values must be an array of shape"),
    ("tree", "n_outputs", lambda _: 2, "n_classes must be an array of shape (2)"),
    ("tree", "n_classes", lambda _: np.array([-1]), "n_classes[0]"),
    ("tree", "n_features", lambda _: 0, "n_features must be a whole number from 1"),
    ("tree", "max_depth", lambda _: 1, "max_depth must be at least the depth of the nodes, got 1"),
    ("tree estimator", "n_features_in_", lambda _: 2, "tree_ must be a tree of n_features_in_ (2) features, got 3"),
    ("tree estimator", "n_features_in_", lambda _: None, "n_features_in_ must be a whole number"),
    ("tree estimator", "tree_", lambda _: "tree", "tree_ must be a sklearn.tree._tree.Tree"),
    ("boosting", "n_trees_per_iteration_", lambda _: 1, "estimators_ must be an array of shape (any, 1)"),
    ("boosting", "n_features_in_", lambda _: 1, "estimators_[0, 0] must be a tree of 1 features"),
    ("boosting", "init_", lambda _: 5, "init_ must be 'zero' or an estimator, got builtins.int"),
    ("boosting", "_loss", lambda _: None, "_loss must be a loss for several classes"),
    ("boosting", "estimators_", lambda trees: np.full_like(trees, fitted("tree estimator")), "estimators_[0, 0]"),
    ("histogram tree", "nodes", changed_nodes(0, 10**6, "left"), "nodes[0].left must be from 1"),
    ("histogram tree", "nodes", changed_nodes(0, 0, "right"), "nodes[0].right must be from 1"),
    ("histogram tree", "nodes", changed_nodes(0, -1, "feature_idx"), "nodes[0].feature_idx must be 0 or more"),
    ("histogram tree", "nodes", changed_nodes(-1, 0, "is_leaf"), "nodes["),
    ("categorical tree", "nodes", changed_nodes(0, 99, "bitset_idx"), "nodes[0].bitset_idx must be below"),
    ("categorical tree", "raw_left_cat_bitsets", lambda sets: sets[:, :4], "raw_left_cat_bitsets must be an array"),
    ("histogram boosting", "n_features_in_", lambda _: 2, "_n_features must be n_features_in_ (2)"),
    ("histogram boosting", "_in_fit", lambda _: True, "_in_fit must be false"),
    ("histogram boosting", "_bin_mapper", lambda _: fitted("bins"), "_bin_mapper.is_categorical_ must be an array"),
    ("histogram boosting", "n_trees_per_iteration_", lambda _: 2, "_predictors[0] must be a list of 2 trees"),
    ("histogram boosting", "_preprocessor", lambda _: LinearRegression(), "_preprocessor must be a ColumnTransformer"),
    ("bins", "is_categorical_", lambda flags: flags[:1], "is_categorical_ must be an array of shape (2)"),
    ("bins", "bin_thresholds_", lambda known: [known[0] + 300, known[1]], "bin_thresholds_[0][0] must be from 0"),
    ("kd tree", "idx_array", lambda index: put(index, 0, 10**9), "idx_array[0] must be from 0 up to 59"),
    ("kd tree", "idx_array", lambda index: put(index, 0, index[1]), "idx_array must be every index exactly once"),
    ("kd tree", "node_data", lambda nodes: put(nodes, -1, 0, "is_leaf"), "is_leaf must be 1 in the lowest level"),
    ("kd tree", "node_data", lambda nodes: put(nodes, 0, 10**9, "idx_end"), "node_data[0] must be points 0 to 60"),
    ("kd tree", "node_data", lambda nodes: put(nodes, 1, 50, "idx_end"), "node_data[0] must be a node whose points"),
    ("kd tree", "node_bounds", lambda bounds: bounds[:1], "node_bounds must be an array of shape (2"),
    ("kd tree", "n_nodes", lambda _: 8, "n_nodes must be"),
    ("kd tree", "data", lambda data: data[:, :2], "node_bounds must be an array"),
    ("kd tree", "dist_metric", lambda _: LinearRegression(), "dist_metric must be a metric of sklearn"),
    ("ball tree", "data", lambda data: data[:1], "idx_array must be an array of shape (1)"),
    ("neighbours", "n_samples_fit_", lambda _: 10**6, "n_samples_fit_ must be a whole number from 60 to 60"),
    ("neighbours", "_y", lambda labels: put(labels, 0, 10**9), "_y[0] must be from 0 up to 2"),
    ("neighbours", "_y", lambda labels: labels[:5], "_y must be an array of shape (60)"),
    ("neighbours", "_tree", lambda _: fitted("tree"), "_tree must be a tree of 60 points"),
    (
        "neighbours",
        "effective_metric_params_",
        lambda _: {"Y_norm_squared": np.zeros(1)},
        "effective_metric_params_['Y_norm_squared'] must be absent",
    ),
    ("neighbours of two labels", "_y", lambda labels: put(labels, (0, 1), 2), "_y[:, 1][0] must be from 0 up to 1"),
    ("outliers", "n_features_in_", lambda _: 4, "n_features_in_ must be a whole number from 3 to 3"),
    ("svm", "support_", lambda support: put(support, 0, 10**9), "support_[0] must be from 0 up to 59"),
    ("svm", "support_", lambda support: support[:5], "support_vectors_ must be an array of shape (5, 3)"),
    ("svm", "_n_support", lambda counts: put(counts, 0, 10**6), "_n_support[0]"),
    ("svm", "_n_support", lambda counts: counts[::-1][:2], "_n_support must be an array of shape (3)"),
    ("svm", "_dual_coef_", lambda coefficients: coefficients[:1], "_dual_coef_ must be an array of shape (2"),
    ("svm", "_intercept_", lambda intercept: intercept[:0], "_intercept_ must be an array of shape (3)"),
    ("svm", "_probA", lambda _: np.zeros(1), "_probA must be 3 numbers or none"),
    ("svm", "_impl", lambda _: "epsilon_svr", "_impl must be that of the class"),
    ("svm", "n_features_in_", lambda _: 30, "support_vectors_ must be an array of shape"),
    ("svm", "classes_", lambda classes: classes[:1], "classes_ must be two classes at least"),
    ("precomputed svm", "support_", lambda support: put(support, 0, 60), "support_[0] must be from 0 up to 59"),
    ("precomputed svm", "kernel", lambda _: "rbf", "support_vectors_ must be an array of shape"),
    ("sparse svm", "support_vectors_", lambda vectors: vectors[:5], "support_vectors_ must be a csr matrix of shape"),
    ("sparse svm", "_sparse", lambda _: False, "support_vectors_ must be an array of shape"),
    ("regressing svm", "_n_support", lambda _: np.array([2**30, 1], np.int32), "_n_support[0]"),
    ("csr", "indices", lambda indices: put(indices, 0, 3), "indices[0] must be from 0 up to 2, got 3"),
    ("csr", "indices", lambda indices: indices[:3], "indptr[60] must be at most 3, what is stored"),
    ("csr", "indptr", lambda pointers: put(pointers, 1, 10**8), "indptr[2] must be at least the pointer before it"),
    ("csr", "indptr", lambda pointers: put(pointers, 0, -1), "indptr[0] must be 0"),
    ("csr", "data", lambda data: data[:2], "what is stored"),
    ("csr", "_shape", lambda _: (10**9, 3), "indptr must be an array of shape (1000000001)"),
    ("csr", "_shape", lambda _: (-60, 3), "_shape must be whole numbers"),
    ("csc", "indices", lambda indices: put(indices, 0, 60), "indices[0] must be from 0 up to 59"),
    ("coo", "coords", lambda coords: (coords[0], coords[1] + 3), "coords[1][0] must be from 0 up to 2"),
    ("bsr", "data", lambda data: data[:, :1], "indptr must be an array of shape"),
    ("dia", "offsets", lambda offsets: put(offsets, 0, 10**6), "offsets[0]"),
    ("vocabulary", "vocabulary_", lambda words: {**words, "bird": 10**6}, "vocabulary_['bird'] must be from 0"),
    ("vocabulary", "vocabulary_", lambda words: {**words, "bird": words["good"]}, "vocabulary_ must be every index"),
    ("hashing", "n_features", lambda _: 0, "n_features must be a whole number from 1"),
    ("one-hot", "_n_features_outs", lambda _: [1, 1], "_n_features_outs[1] must be"),
    ("one-hot", "_drop_idx_after_grouping", lambda _: np.array([-5, 0], object), "_drop_idx_after_grouping[0]"),
    (
        "one-hot",
        "_default_to_infrequent_mappings",
        lambda known: [known[0], put(known[1], 0, 99)],
        "_default_to_infrequent_mappings[1][0] must be from 0",
    ),
    ("k-means", "cluster_centers_", lambda centers: centers[:, :1], "cluster_centers_ must be an array of shape"),
    ("k-means", "_n_threads", lambda _: 10**6, "_n_threads must be a whole number from 1 to 1024"),
    ("bisecting", "_bisecting_tree", circle, "_bisecting_tree.left"),
    ("birch", "_subcluster_norms", lambda norms: norms[:1], "_subcluster_norms must be an array of shape"),
    ("spline", "t", lambda knots: knots[::-1].copy(), "t must be finite knots in ascending order"),
    ("spline", "c", lambda coefficients: coefficients[:2], "c must be 7 coefficients at least"),
    ("spline", "k", lambda _: 100, "t must be 202 knots at least for degree 100"),
    ("spline", "_delegate_to", lambda _: 1, "_delegate_to must be a _BSpline"),
    ("tree estimator", "n_classes_", lambda _: 10**9, "n_classes_ must be a whole number from 3 to 3"),
    ("tree of two labels", "n_classes_", lambda _: np.array([3, 10**9]), "n_classes_ must be [3, 2], as classes_ has"),
    ("polynomial", "_max_degree", lambda _: 10**9, "_max_degree must be a whole number from 0 to 1000"),
    ("linear", "n_jobs", lambda _: 10**6, "n_jobs must be a whole number from -1024 to 1024"),
]


@pytest.mark.parametrize(
    ("name", "attribute", "damage", "place"), DAMAGES, ids=lambda value: value if isinstance(value, str) else "damage"
)
def test_damaged_state_is_refused_by_class_and_place(
    name: str, attribute: str, damage: Callable[[Any], Any], place: str
) -> None:
    class_name, state = state_of(name)
    damaged: Mapping[str, Any] = {**state, attribute: damage(state.get(attribute))}
    with pytest.raises(ModelFileError) as refusal:
        native_state.check(class_name, damaged)
    assert str(refusal.value).startswith(f"{class_name}: ")
    assert place in str(refusal.value)
    assert refusal.value.hint


def test_a_metric_that_calls_a_function_is_refused() -> None:
    with pytest.raises(ModelFileError, match="not a function"):
        native_state.check("sklearn.metrics._dist_metrics.PyFuncDistance64", {"p": 2.0})


def test_a_kernel_of_another_type_is_left_to_python() -> None:
    """Whatever names a kernel that libsvm does not have never reaches libsvm."""
    class_name, state = state_of("svm")
    native_state.check(class_name, {**state, "kernel": ["rbf"]})


def test_a_lil_matrix_is_refused() -> None:
    with pytest.raises(ModelFileError, match="csr, csc or coo"):
        native_state.check("scipy.sparse._lil.lil_matrix", vars(sp.lil_matrix((2, 2))))


def test_a_class_without_native_code_passes() -> None:
    native_state.check("sklearn.linear_model._base.LinearRegression", {"coef_": "anything"})
