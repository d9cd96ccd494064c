"""The converter of each estimator class. Add an estimator here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from fairlead.publishing.onnx.converters import (
    boosters,
    clusters,
    elementwise,
    encoders,
    hist_gradient_boosting,
    imputers,
    linear,
    meta_estimators,
    mlp,
    multiclass,
    neighbors,
    own_classes,
    shapes,
    svm,
    transformers,
    trees,
    vectorizers,
)
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Inputs
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.meta_parsers import MetaParsers
from fairlead.publishing.onnx.converters.parsers import Parsers
from fairlead.publishing.onnx.converters.row_guards import write_guard

Convert = Callable[[Nodes, Any], None]

BOOSTER_CLASSIFIERS, BOOSTER_REGRESSORS = (
    " ".join(f".fairlead.publishing.boosters.estimators.{name}{kind}" for name in ("CatBoost", "LGBM", "XGB", "XGBRF"))
    for kind in ("Classifier", "Regressor")
)
CLASSIFIERS: dict[Convert, str] = {
    trees.forest_classifier: "tree.DecisionTreeClassifier tree.ExtraTreeClassifier ensemble.RandomForestClassifier "
    "ensemble.ExtraTreesClassifier",
    trees.boosting_classifier: "ensemble.GradientBoostingClassifier",
    hist_gradient_boosting.histogram_classifier: "ensemble.HistGradientBoostingClassifier",
    boosters.booster_classifier: BOOSTER_CLASSIFIERS,
    linear.linear_classifier: "linear_model.LogisticRegression linear_model.LogisticRegressionCV "
    "linear_model.RidgeClassifier linear_model.RidgeClassifierCV linear_model.SGDClassifier linear_model.Perceptron "
    "linear_model.PassiveAggressiveClassifier svm.LinearSVC discriminant_analysis.LinearDiscriminantAnalysis",
    svm.support_vector_classifier: "svm.SVC svm.NuSVC",
    neighbors.neighbors_classifier: "neighbors.KNeighborsClassifier",
}
ANOMALIES: dict[Convert, str] = {
    trees.isolation_forest: "ensemble.IsolationForest",
    svm.one_class: "svm.OneClassSVM",
}
MATRICES: dict[Convert, str] = {
    trees.forest_regressor: "tree.DecisionTreeRegressor tree.ExtraTreeRegressor ensemble.RandomForestRegressor "
    "ensemble.ExtraTreesRegressor",
    trees.boosting_regressor: "ensemble.GradientBoostingRegressor",
    hist_gradient_boosting.histogram_regressor: "ensemble.HistGradientBoostingRegressor",
    boosters.booster_regressor: BOOSTER_REGRESSORS,
    svm.support_vector_regressor: "svm.SVR svm.NuSVR",
    neighbors.neighbors_regressor: "neighbors.KNeighborsRegressor",
    mlp.perceptron_regressor: "neural_network.MLPRegressor",
    encoders.one_hot_encoder: "preprocessing.OneHotEncoder",
    encoders.ordinal_encoder: "preprocessing.OrdinalEncoder",
    encoders.target_encoder: "preprocessing.TargetEncoder",
    elementwise.function_transformer: "preprocessing.FunctionTransformer",
    transformers.polynomial_features: "preprocessing.PolynomialFeatures",
    transformers.binarizer: "preprocessing.Binarizer",
    transformers.normalizer: "preprocessing.Normalizer",
    transformers.bins: "preprocessing.KBinsDiscretizer",
    transformers.power_transformer: "preprocessing.PowerTransformer",
    transformers.tfidf_transformer: "feature_extraction.text.TfidfTransformer",
    vectorizers.vectorizer: "feature_extraction.text.CountVectorizer feature_extraction.text.TfidfVectorizer",
}
COMBINERS: frozenset[Convert] = frozenset(
    {
        *(meta_estimators.voting_classifier, meta_estimators.voting_regressor, meta_estimators.stacking_features),
        *(
            meta_estimators.stacking_classifier,
            meta_estimators.calibrated_classifier,
            meta_estimators.threshold_classifier,
        ),
        *(multiclass.one_against_rest, multiclass.one_against_one, multiclass.output_codes),
        meta_estimators.transformed_target,
    }
)
"""Converters that combine the answers of parts; each part has guards for its own inputs."""
WRAPPERS = (
    "model_selection.GridSearchCV model_selection.RandomizedSearchCV model_selection._search_successive_halving."
    "HalvingGridSearchCV model_selection._search_successive_halving.HalvingRandomSearchCV frozen.FrozenEstimator"
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """skl2onnx's three dictionaries, by class, for one conversion."""

    parsers: dict[type[Any], Any]
    shapes: dict[type[Any], Any]
    functions: dict[type[Any], Any]


def conversion(inputs: Inputs, own: Iterable[type[Any]] = ()) -> Conversion:
    """Return parsers, shapes and converters for a graph with these inputs: Fairlead's, and those of `own` classes."""
    found = Conversion({}, {}, {})
    simple, meta = Parsers(inputs), MetaParsers(inputs)

    def register(names: str, parse: Any, shape: Any, convert: Convert) -> None:
        for cls in _classes(names):
            found.parsers[cls] = parse
            found.shapes[cls] = shape
            found.functions[cls] = partial(_run, convert, inputs)

    found.functions.update(dict.fromkeys(_stock_estimators(), partial(_run_stock, inputs)))
    found.shapes.update(dict.fromkeys(_stock_estimators(), _stock_shape))
    found.parsers.update(dict.fromkeys(_stock_classifiers(), simple.classifier))
    for convert, names in CLASSIFIERS.items():
        register(names, simple.classifier, shapes.classes, convert)
    for convert, names in ANOMALIES.items():
        register(names, simple.classifier, shapes.anomaly, convert)
    for convert, names in MATRICES.items():
        register(names, simple.transformer, shapes.matrix, convert)
    register("impute.SimpleImputer", simple.imputer, shapes.declared, imputers.simple_imputer)
    register("cluster.KMeans cluster.MiniBatchKMeans", simple.clusterer, shapes.declared, clusters.k_means)
    for name, parse, convert in (
        ("OneVsRestClassifier", meta.one_against_rest, multiclass.one_against_rest),
        ("OneVsOneClassifier", meta.one_against_one, multiclass.one_against_one),
        ("OutputCodeClassifier", meta.output_codes, multiclass.output_codes),
    ):
        register(f"multiclass.{name}", parse, shapes.classes, convert)
    register("ensemble.VotingClassifier", meta.voting, shapes.classes, meta_estimators.voting_classifier)
    register("ensemble.VotingRegressor", meta.voting, shapes.matrix, meta_estimators.voting_regressor)
    register("ensemble.StackingClassifier", meta.stacking, shapes.classes, meta_estimators.stacking_classifier)
    register(
        "calibration.CalibratedClassifierCV",
        meta.calibrated,
        shapes.classes,
        meta_estimators.calibrated_classifier,
    )
    thresholds = "model_selection.FixedThresholdClassifier model_selection.TunedThresholdClassifierCV"
    register(thresholds, meta.threshold, shapes.classes, meta_estimators.threshold_classifier)
    target = "compose.TransformedTargetRegressor"
    register(target, meta.transformed_target, shapes.matrix, meta_estimators.transformed_target)
    found.shapes[meta_estimators.StackedAnswers] = shapes.matrix
    found.functions[meta_estimators.StackedAnswers] = partial(_run, meta_estimators.stacking_features, inputs)
    found.parsers[_class("ensemble.StackingRegressor")] = meta.stacking
    found.parsers[_class("compose.ColumnTransformer")] = simple.column_transformer
    found.parsers[_class("pipeline.Pipeline")] = simple.pipeline
    found.parsers.update(dict.fromkeys(_classes(WRAPPERS), meta.unwrap))
    for cls in own:
        found.parsers[cls] = own_classes.parse_own
        found.shapes[cls] = shapes.classes if own_classes.is_classifier(cls) else own_classes.own_shape
        found.functions[cls] = partial(_run, own_classes.own_estimator, inputs)
    return Conversion(_naming(found.parsers), _naming(found.shapes), _naming(found.functions))


def _naming(steps: dict[type[Any], Any]) -> dict[type[Any], Any]:
    """Return the same steps of a conversion, whose unexpected exceptions name the estimator's class."""
    return {cls: partial(_run_step, cls.__name__, step) for cls, step in steps.items()}


def _run_step(kind: str, step: Callable[..., Any], *args: Any, **options: Any) -> Any:
    try:
        return step(*args, **options)
    except NotConvertibleError:
        raise
    except Exception as error:  # skl2onnx raises any exception
        raise NotConvertibleError.failed("the converter", kind, error) from error


def _run(convert: Convert, inputs: Inputs, scope: Any, operator: Any, container: Any) -> None:
    nodes = Nodes(scope, container, inputs)
    if convert not in COMBINERS:
        write_guard(nodes, operator)
    convert(nodes, operator)


def _run_stock(inputs: Inputs, scope: Any, operator: Any, container: Any) -> None:
    """Write the guard, then convert by skl2onnx's own function."""
    from skl2onnx.common._registration import get_converter

    write_guard(Nodes(scope, container, inputs), operator)
    get_converter(operator.type)(scope, operator, container)


def _stock_shape(operator: Any) -> None:
    from skl2onnx.common._registration import get_shape_calculator

    get_shape_calculator(operator.type)(operator)


def _stock_estimators() -> list[type[Any]]:
    """Return the classes that skl2onnx converts as one operator."""
    from skl2onnx._supported_operators import sklearn_operator_name_map

    return [cls for cls in sklearn_operator_name_map if hasattr(cls, "get_params")]


def _stock_classifiers() -> list[type[Any]]:
    """Return the classifiers that skl2onnx would parse itself, with a sequence of dictionaries as output."""
    from skl2onnx._parse import _parse_sklearn_classifier, sklearn_parsers_map

    return [cls for cls, parse in sklearn_parsers_map.items() if parse is _parse_sklearn_classifier]


def _classes(names: str) -> list[type[Any]]:
    return [_class(name) for name in names.split()]


def _class(name: str) -> type[Any]:
    """Return a class by its name below `sklearn.`, unless it begins with a dot."""
    module, cls = name.rsplit(".", 1)
    return getattr(import_module(module[1:] if name.startswith(".") else f"sklearn.{module}"), cls)  # type: ignore[no-any-return]
