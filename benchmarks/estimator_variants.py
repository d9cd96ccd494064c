"""Parameters that the survey of estimators tries: each alternative that scikit-learn names itself, and combinations."""

import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

QUICK = {"n_estimators": 3, "max_iter": 10, "cv": 2, "n_alphas": 4, "n_restarts": 1, "n_knots": 4}
"""Parameters that make a fit short, wherever a class has them."""
LEARNERS = {
    "classifier": [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=2),
        make_pipeline(StandardScaler(), LinearSVC()),
        RandomForestClassifier(2),
    ],
    "regressor": [
        Ridge(),
        DecisionTreeRegressor(max_depth=2),
        make_pipeline(StandardScaler(), LinearRegression()),
        RandomForestRegressor(2),
    ],
}
WITHOUT = frozenset(["verbose", "n_jobs", "pre_dispatch", "error_score", "scoring"])
"""Parameters that change no attribute of a fitted estimator."""
NESTED = frozenset({"base_estimator", "estimator", "final_estimator", "init", "regressor"})
REGRESSORS = frozenset({"RegressorChain", "MultiOutputRegressor", "RANSACRegressor", "TransformedTargetRegressor"})
GRID: dict[str, dict[str, Any]] = {
    "GridSearchCV": {"param_grid": {"C": [0.1, 1.0]}},
    "HalvingGridSearchCV": {"param_grid": {"C": [0.1, 1.0]}, "min_resources": 20},
    "HalvingRandomSearchCV": {"param_distributions": {"C": [0.1, 1.0]}, "min_resources": 20},
    "RandomizedSearchCV": {"param_distributions": {"C": [0.1, 1.0]}, "n_iter": 2},
    "ColumnTransformer": {"transformers": [("scale", StandardScaler(), [0])]},
    "FeatureUnion": {"transformer_list": [("scale", StandardScaler())]},
    "Pipeline": {"steps": [("scale", StandardScaler()), ("classify", LogisticRegression())]},
    "SparseCoder": {"dictionary": np.eye(4)},
    "LocalOutlierFactor": {"novelty": True},
    "GaussianRandomProjection": {"n_components": 2},
    "SparseRandomProjection": {"n_components": 2},
    "MLPClassifier": {"hidden_layer_sizes": (4,)},
    "MLPRegressor": {"hidden_layer_sizes": (4,)},
    "SelectKBest": {"k": 2},
    "QuantileTransformer": {"n_quantiles": 10},
}
"""Parameters that some classes require."""
TOGETHER: dict[str, list[dict[str, Any]]] = {
    "LogisticRegression": [
        {"penalty": "elasticnet", "solver": "saga", "l1_ratio": 0.5},
        {"penalty": "l1", "solver": "liblinear"},
        {"l1_ratio": 0.5, "solver": "saga"},
    ],
    "LogisticRegressionCV": [
        {"penalty": "elasticnet", "solver": "saga", "l1_ratios": [0.1, 0.5], "Cs": 2},
        {"l1_ratios": [0.1, 0.5], "solver": "saga", "Cs": 2, "use_legacy_attributes": False},
        {"l1_ratios": (0.1,), "solver": "saga", "Cs": 2, "use_legacy_attributes": True},
        {"solver": "liblinear", "Cs": 2},
        {"scoring": "roc_auc", "Cs": 2},
    ],
    "ElasticNetCV": [{"l1_ratio": [0.5, 0.9]}],
    "MultiTaskElasticNetCV": [{"l1_ratio": [0.5, 0.9]}],
    "GradientBoostingClassifier": [
        {"subsample": 0.5},
        {"n_iter_no_change": 1, "validation_fraction": 0.2},
        {"init": LogisticRegression()},
        {"init": make_pipeline(StandardScaler(), LogisticRegression())},
    ],
    "GradientBoostingRegressor": [
        {"subsample": 0.5},
        {"n_iter_no_change": 1, "validation_fraction": 0.2},
        {"loss": "quantile", "alpha": 0.2},
    ],
    **{
        name: [
            {"oob_score": True, "bootstrap": True, "n_estimators": 10},
            {"bootstrap": True, "max_samples": 0.5},
            {"warm_start": True, "bootstrap": True, "n_jobs": 2},
        ]
        for name in ("ExtraTreesClassifier", "ExtraTreesRegressor", "RandomForestClassifier", "RandomForestRegressor")
    },
    **{
        name: [{"oob_score": True, "n_estimators": 20}, {"bootstrap_features": True, "max_features": 0.5}]
        for name in ("BaggingClassifier", "BaggingRegressor")
    },
    **{
        name: [
            {"categorical_features": "from_dtype"},
            {"categorical_features": ["c"]},
            {"categorical_features": [0]},
            {"categorical_features": None},
            {"early_stopping": True, "scoring": "loss"},
            {"early_stopping": True, "validation_fraction": None},
            {"warm_start": True},
            {"monotonic_cst": [1, 0, 0, 0]},
            {"monotonic_cst": {"a": 1}},
            {"interaction_cst": "pairwise"},
            {"interaction_cst": [{0, 1}]},
        ]
        for name in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
    },
    "OneHotEncoder": [
        {"min_frequency": 10, "handle_unknown": "infrequent_if_exist"},
        {"max_categories": 2, "drop": "first"},
        {"drop": "if_binary", "sparse_output": False},
        {"categories": [["x", "y", "z", "rare"], ["u", "v"]]},
    ],
    "OrdinalEncoder": [
        {"min_frequency": 10, "handle_unknown": "use_encoded_value", "unknown_value": -1},
        {"max_categories": 2},
        {"handle_unknown": "use_encoded_value", "unknown_value": math.nan, "encoded_missing_value": -2},
        {"categories": [["x", "y", "z", "rare"], ["u", "v"]]},
    ],
    "RadiusNeighborsClassifier": [
        {"radius": 9.0, "outlier_label": "most_frequent"},
        {"radius": 9.0, "outlier_label": 1},
        {"radius": 9.0, "outlier_label": "no"},
        {"radius": 9.0, "weights": "distance"},
    ],
    "SimpleImputer": [
        {"strategy": "constant", "fill_value": "none", "missing_values": None},
        {"strategy": "most_frequent"},
        {"add_indicator": True},
        {"strategy": "constant", "fill_value": 0, "add_indicator": True},
    ],
    "IterativeImputer": [
        {"estimator": DecisionTreeRegressor(max_depth=2)},
        {"sample_posterior": True},
        {"max_iter": 2, "add_indicator": True, "n_nearest_features": 2, "random_state": 0},
        {"max_iter": 0},
        {"min_value": [-1.0, -1.0, -1.0, -1.0]},
    ],
    "ColumnTransformer": [
        {"remainder": "passthrough"},
        {"remainder": StandardScaler()},
        {"transformers": [("scale", StandardScaler(), ["a"]), ("keep", "passthrough", ["c"])]},
        {"transformers": [("scale", StandardScaler(), slice(0, 1)), ("drop", "drop", [1])]},
        {"transformers": [("scale", StandardScaler(), [True, False, True, False])]},
        {"transformers": [("scale", StandardScaler(), "number")]},
    ],
    "CountVectorizer": [{"vocabulary": ["bird", "good"]}, {"vocabulary": {"bird": 0}}, {"stop_words": "english"}],
    "TfidfVectorizer": [{"vocabulary": ["bird", "good"]}, {"max_df": 0.9, "min_df": 2}, {"use_idf": False}],
    "SVC": [{"probability": True}, {"kernel": "precomputed"}, {"class_weight": {0: 2.0}}],
    "NuSVC": [{"probability": True}],
    "KNeighborsClassifier": [
        {"metric": "seuclidean", "metric_params": {"V": np.ones(4)}, "algorithm": "ball_tree"},
        {"metric": "mahalanobis", "metric_params": {"VI": np.eye(4)}, "algorithm": "brute"},
        {"metric": "minkowski", "p": 3, "metric_params": {"w": np.ones(4)}},
        {"metric": "haversine", "algorithm": "ball_tree"},
        {"metric": "nan_euclidean"},
        {"metric": "cosine"},
    ],
    "CalibratedClassifierCV": [
        {"method": method, "ensemble": ensemble, "estimator": LinearSVC()}
        for method in ("sigmoid", "isotonic", "temperature")
        for ensemble in (True, False)
    ],
    "GridSearchCV": [{"scoring": ["accuracy", "f1"], "refit": "f1"}, {"cv": 2, "return_train_score": True}],
    "VotingClassifier": [{"weights": [1, 2]}, {"voting": "soft"}, {"voting": "soft", "flatten_transform": False}],
    "StackingClassifier": [
        {"passthrough": True},
        {"cv": "prefit"},
        {"stack_method": "predict"},
        {"final_estimator": DecisionTreeClassifier()},
    ],
    "MLPClassifier": [{"early_stopping": True, "validation_fraction": 0.3}, {"solver": "lbfgs"}, {"solver": "sgd"}],
    "MLPRegressor": [{"early_stopping": True, "validation_fraction": 0.3}, {"solver": "lbfgs"}, {"solver": "sgd"}],
    "PCA": [{"n_components": 0.9}, {"n_components": 2, "svd_solver": "randomized"}, {"n_components": "mle"}],
    "NMF": [{"solver": "mu", "beta_loss": "kullback-leibler"}, {"n_components": 2}],
    "RidgeCV": [{"store_cv_results": True}, {"alpha_per_target": True}, {"cv": 2}, {"scoring": "r2"}],
    "RidgeClassifierCV": [{"store_cv_results": True}, {"cv": 2}],
    "SGDClassifier": [
        {"average": True},
        {"early_stopping": True, "validation_fraction": 0.3},
        {"loss": "log_loss", "penalty": "elasticnet"},
        {"learning_rate": "adaptive", "eta0": 0.1},
    ],
    "SGDRegressor": [{"average": True}, {"early_stopping": True, "validation_fraction": 0.3}],
    "TargetEncoder": [{"smooth": 1.0, "target_type": "continuous"}],
    "KBinsDiscretizer": [{"encode": "ordinal", "strategy": "kmeans"}, {"subsample": 20}],
    "LassoLarsIC": [{"noise_variance": 1.0}],
    "GaussianProcessRegressor": [{"normalize_y": True, "n_restarts_optimizer": 1}],
    "KernelPCA": [{"kernel": "rbf", "fit_inverse_transform": True}, {"n_components": 2, "eigen_solver": "arpack"}],
    "SplineTransformer": [{"extrapolation": "periodic"}, {"knots": "quantile", "sparse_output": True}],
    "FunctionTransformer": [
        {"func": np.log1p, "inverse_func": np.expm1},
        {"func": np.clip, "kw_args": {"a_min": 0, "a_max": 1}},
    ],
    "TransformedTargetRegressor": [{"func": np.log1p, "inverse_func": np.expm1}, {"transformer": StandardScaler()}],
    "FixedThresholdClassifier": [{"threshold": 0.3, "pos_label": 1, "response_method": "predict_proba"}],
    "TunedThresholdClassifierCV": [{"cv": "prefit", "refit": False}, {"store_cv_results": True}, {"scoring": "f1"}],
    "SelfTrainingClassifier": [{"criterion": "k_best", "k_best": 2}],
    "BayesianGaussianMixture": [{"n_components": 2, "covariance_type": kind} for kind in ("tied", "diag", "spherical")],
    "GaussianMixture": [{"n_components": 2, "covariance_type": kind} for kind in ("tied", "diag", "spherical")],
    "Birch": [{"n_clusters": None}, {"n_clusters": 2}],
    "DictVectorizer": [{"sparse": False}, {"sort": False}],
    "LabelSpreading": [{"kernel": "knn", "n_neighbors": 3}],
    "LabelPropagation": [{"kernel": "knn", "n_neighbors": 3}],
    "ClassifierChain": [{"order": "random", "cv": 2}, {"chain_method": "predict_proba"}],
    "RegressorChain": [{"order": [1, 0]}, {"cv": 2}],
    "RFECV": [{"min_features_to_select": 2, "step": 0.5}],
    "SelectFromModel": [{"threshold": "mean", "max_features": 2}, {"prefit": False, "max_features": np.size}],
    "LinearDiscriminantAnalysis": [
        {"solver": "eigen", "shrinkage": "auto"},
        {"solver": "lsqr", "store_covariance": True},
    ],
    "QuadraticDiscriminantAnalysis": [{"solver": "eigen", "shrinkage": 0.1}, {"store_covariance": True}],
}
"""Parameters that only work, or only matter, together."""


def fixed(kind: Any) -> dict[str, Any]:
    """Return the parameters that a class always gets: required ones, and ones that make the fit short."""
    parameters = inspect.signature(kind).parameters
    given: dict[str, Any] = {name: value for name, value in QUICK.items() if name in parameters}
    if kind.__name__ in ("LinearRegression", "IterativeImputer"):
        given.pop("max_iter", None)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name in NESTED:
            given[name] = _learners(kind)[0]
    if "estimators" in parameters:
        given["estimators"] = [(f"e{index}", learner) for index, learner in enumerate(_learners(kind)[:2])]
    return given | GRID.get(kind.__name__, {})


def _learners(kind: Any) -> list[Any]:
    regressing = kind.__name__ in REGRESSORS or kind.__name__.endswith("Regressor")
    return LEARNERS["regressor" if regressing else "classifier"]


def variants(kind: Any) -> Iterator[dict[str, Any]]:
    """Yield the defaults, each alternative of each parameter, and the combinations."""
    yield {}
    yield from TOGETHER.get(kind.__name__, [])
    constraints = getattr(kind, "_parameter_constraints", {})
    for name, parameter in inspect.signature(kind).parameters.items():
        if name in WITHOUT:
            continue
        for value in _alternatives(constraints.get(name)):
            if not (isinstance(value, type(parameter.default)) and value == parameter.default):
                yield {name: value}
        if name in NESTED:
            yield from ({name: learner} for learner in _learners(kind))


def _alternatives(constraints: Any) -> Iterator[Any]:
    if not isinstance(constraints, list):
        return
    for constraint in constraints:
        allowed = getattr(constraint, "constraint", constraint)  # of `Hidden`
        if allowed is None:
            yield None
        elif allowed == "boolean" or type(allowed).__name__ == "_Booleans":
            yield from (True, False)
        elif allowed == "random_state":
            yield np.random.RandomState(0)
        elif hasattr(allowed, "options"):
            yield from sorted(allowed.options, key=str)
        elif hasattr(allowed, "closed"):
            yield from _inside(allowed)


def _inside(interval: Any) -> Iterator[Any]:
    """One number of an interval."""
    low = 0 if interval.left is None else interval.left
    if interval.type.__name__ == "Integral":
        yield int(max(low, 0)) + 2 if interval.right is None else min(int(interval.right), 64)
    elif interval.right is not None and math.isfinite(interval.right):
        yield (max(low, -1e3) + interval.right) / 2
    else:
        yield max(float(low), 0.0) + 0.5
