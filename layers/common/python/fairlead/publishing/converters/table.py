"""Which estimator is converted by which function; the one place to add another."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fairlead.publishing.converters import encoders, histograms, imputing, trees
from fairlead.publishing.converters.columns import Inputs
from fairlead.publishing.converters.nodes import Nodes
from fairlead.publishing.converters.parsers import Parsers

Convert = Callable[[Nodes, Any], None]

CLASSIFIERS: dict[str, Convert] = {
    "sklearn.tree.DecisionTreeClassifier": trees.forest_classifier,
    "sklearn.tree.ExtraTreeClassifier": trees.forest_classifier,
    "sklearn.ensemble.RandomForestClassifier": trees.forest_classifier,
    "sklearn.ensemble.ExtraTreesClassifier": trees.forest_classifier,
    "sklearn.ensemble.GradientBoostingClassifier": trees.boosting_classifier,
    "sklearn.ensemble.HistGradientBoostingClassifier": histograms.histogram_classifier,
}
REGRESSORS: dict[str, Convert] = {
    "sklearn.tree.DecisionTreeRegressor": trees.forest_regressor,
    "sklearn.tree.ExtraTreeRegressor": trees.forest_regressor,
    "sklearn.ensemble.RandomForestRegressor": trees.forest_regressor,
    "sklearn.ensemble.ExtraTreesRegressor": trees.forest_regressor,
    "sklearn.ensemble.GradientBoostingRegressor": trees.boosting_regressor,
    "sklearn.ensemble.HistGradientBoostingRegressor": histograms.histogram_regressor,
}
TRANSFORMERS: dict[str, Convert] = {
    "sklearn.preprocessing.OneHotEncoder": encoders.one_hot_encoder,
    "sklearn.preprocessing.OrdinalEncoder": encoders.ordinal_encoder,
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """skl2onnx's three dictionaries, by class, for one conversion."""

    parsers: dict[type[Any], Any]
    shapes: dict[type[Any], Any]
    functions: dict[type[Any], Any]


def conversion(inputs: Inputs) -> Conversion:
    """Everything of ours, for a graph with these inputs."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import IsolationForest
    from sklearn.impute import SimpleImputer

    parsers = Parsers(inputs)
    found = Conversion(dict.fromkeys(_stock_classifiers(), parsers.classifier), {}, {})

    def register(cls: type[Any], parse: Any, shape: Any, convert: Convert) -> None:
        found.parsers[cls] = parse
        found.shapes[cls] = shape
        found.functions[cls] = partial(_run, convert, inputs)

    for path, convert in CLASSIFIERS.items():
        register(_import(path), parsers.classifier, _classes_shape, convert)
    for path, convert in (REGRESSORS | TRANSFORMERS).items():
        register(_import(path), parsers.transformer, _matrix_shape, convert)
    register(IsolationForest, parsers.classifier, _anomaly_shape, trees.isolation_forest)
    register(SimpleImputer, parsers.imputer, _declared_shape, imputing.simple_imputer)
    found.parsers[ColumnTransformer] = parsers.column_transformer
    return found


def _run(convert: Convert, inputs: Inputs, scope: Any, operator: Any, container: Any) -> None:
    convert(Nodes(scope, container, inputs), operator)


def _stock_classifiers() -> list[type[Any]]:
    """Classifiers of skl2onnx's own, which would answer a sequence of dictionaries."""
    from skl2onnx._parse import _parse_sklearn_classifier, sklearn_parsers_map

    return [cls for cls, parse in sklearn_parsers_map.items() if parse is _parse_sklearn_classifier]


def _import(path: str) -> type[Any]:
    from importlib import import_module

    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def _classes_shape(operator: Any) -> None:
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, StringTensorType

    classes = np.asarray(operator.raw_operator.classes_)
    kind = StringTensorType if classes.dtype.kind in "UO" else Int64TensorType
    operator.outputs[0].type = kind([None])
    operator.outputs[1].type = DoubleTensorType([None, len(classes)])


def _anomaly_shape(operator: Any) -> None:
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

    operator.outputs[0].type = Int64TensorType([None])
    operator.outputs[1].type = DoubleTensorType([None, 1])


def _matrix_shape(operator: Any) -> None:
    from skl2onnx.common.data_types import DoubleTensorType

    operator.outputs[0].type = DoubleTensorType([None, _width(operator.raw_operator)])


def _width(model: Any) -> int | None:
    """Columns of a transformer's or regressor's output."""
    if hasattr(model, "_n_features_outs"):
        return int(sum(model._n_features_outs))
    if hasattr(model, "categories_"):
        return len(model.categories_)
    return int(getattr(model, "n_outputs_", 1))


def _declared_shape(operator: Any) -> None:
    """Shapes the parser declared already."""
