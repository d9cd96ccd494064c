"""Parsers of estimators for skl2onnx: the outputs of each part, and the inputs of the next."""

from typing import Any

from fairlead.publishing.input.inner_estimators import pipeline_steps
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Column, Inputs, holds_strings, runs
from fairlead.publishing.onnx.converters.imputers import kept_columns


class Parsers:
    """Parsers of one compilation; skl2onnx calls them with its scope, the estimator and its input variables."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def classifier(self, scope: Any, model: Any, inputs: list[Any], **_: Any) -> list[Any]:
        """Declare a classifier's outputs: a label and probabilities (or scores), never a ZipMap."""
        from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

        operator = declare(scope, model, inputs)
        if self._inputs.scoring is model:
            self._inputs.scored.add(id(operator))
        operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
        operator.outputs.append(scope.declare_local_variable("probabilities", DoubleTensorType()))
        return list(operator.outputs)

    def transformer(self, scope: Any, model: Any, inputs: list[Any], **_: Any) -> list[Any]:
        """Declare the output of a transformer or a regressor: one matrix of doubles."""
        from skl2onnx.common.data_types import DoubleTensorType

        operator = declare(scope, model, inputs)
        operator.outputs.append(scope.declare_local_variable("variable", DoubleTensorType()))
        return list(operator.outputs)

    def clusterer(self, scope: Any, model: Any, inputs: list[Any], **_: Any) -> list[Any]:
        """Declare a clustering's output: a label."""
        from skl2onnx.common.data_types import Int64TensorType

        operator = declare(scope, model, inputs)
        operator.outputs.append(scope.declare_local_variable("label", Int64TensorType([None])))
        return list(operator.outputs)

    def imputer(self, scope: Any, model: Any, inputs: list[Any], **_: Any) -> list[Any]:
        """Declare an imputer's outputs: one for numbers; with strings, one for each run of columns of one type."""
        from skl2onnx.common.data_types import DoubleTensorType

        operator = declare(scope, model, inputs)
        columns = self._inputs.columns(inputs, len(model.statistics_))
        if not any(column.string for column in columns):
            operator.outputs.append(scope.declare_local_variable("imputed", DoubleTensorType([None, None])))
            return list(operator.outputs)
        for run in runs([columns[position] for position in kept_columns(model)]):
            kind = type(run[0].variable.type)([None, len(run)])
            operator.outputs.append(scope.declare_local_variable("imputed", kind))
        if model.add_indicator and len(model.indicator_.features_):
            kind = DoubleTensorType([None, len(model.indicator_.features_)])
            operator.outputs.append(scope.declare_local_variable("indicator", kind))
        return list(operator.outputs)

    def pipeline(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the steps in order."""
        for step in pipeline_steps(model):
            inputs = parse(scope, step, inputs, custom_parsers)
        return inputs

    def column_transformer(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse each transformer with its columns in its order; outputs follow the transformers' order."""
        found: list[Any] = []
        columns = self._inputs.columns(inputs, model.n_features_in_)
        positions = model._transformer_to_input_indices
        for name, member, _ in model.transformers_:
            chosen = [columns[position] for position in positions.get(name, ())]
            if not chosen or (isinstance(member, str) and member == "drop"):
                continue
            given = [self._slice(scope, run) for run in runs(chosen)]
            passed = isinstance(member, str) or (type(member).__name__ == "FunctionTransformer" and member.func is None)
            results = given if passed else parse(scope, member, given, custom_parsers)
            weight = (model.transformer_weights or {}).get(name)
            found += results if weight is None else [_weighted(scope, result, weight) for result in results]
        return self._joined(scope, found)

    def _slice(self, scope: Any, run: list[Column]) -> Any:
        variable, positions = run[0].variable, [column.position for column in run]
        width = (variable.type.shape or [None])[-1]
        if positions == list(range(width or 0)):
            return variable
        operator = scope.declare_local_operator("SklearnArrayFeatureExtractor")
        operator.inputs = [variable]
        operator.column_indices = positions
        result = scope.declare_local_variable("columns", type(variable.type)([None, len(positions)]))
        operator.outputs.append(result)
        self._inputs.note_slice(result, run)
        return result

    def _joined(self, scope: Any, variables: list[Any]) -> list[Any]:
        """Join variables to one matrix where all are numbers; variables with strings remain separate."""
        if not variables:
            raise NotConvertibleError("a ColumnTransformer without output columns", use="one that keeps a column")
        if len(variables) == 1 or any(holds_strings(variable) for variable in variables):
            return variables
        operator = scope.declare_local_operator("SklearnConcat")
        operator.inputs = variables
        result = scope.declare_local_variable("joined", type(variables[0].type)([None, None]))
        operator.outputs.append(result)
        self._inputs.sources[result.onnx_name] = variables
        return [result]


def declare(scope: Any, model: Any, inputs: list[Any]) -> Any:
    """Declare and return the operator of an estimator with its inputs, without outputs."""
    from skl2onnx._supported_operators import _get_sklearn_operator_name

    kind = type(model)
    name = "FairleadBooster" if hasattr(model, "boosting") else _get_sklearn_operator_name(kind)
    operator = scope.declare_local_operator(name, model)
    operator.inputs = inputs
    return operator


def parse(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any) -> list[Any]:
    """Parse an inner estimator and return its output variables."""
    from skl2onnx._parse import _parse_sklearn

    return list(_parse_sklearn(scope, model, inputs, custom_parsers=custom_parsers))


def _weighted(scope: Any, variable: Any, weight: float) -> Any:
    operator = scope.declare_local_operator("SklearnMultiply")
    operator.inputs = [variable]
    operator.operand = weight
    result = scope.declare_local_variable("weighted", type(variable.type)([None, None]))
    operator.outputs.append(result)
    return result
