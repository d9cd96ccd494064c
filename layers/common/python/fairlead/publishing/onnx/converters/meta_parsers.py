"""Parsers of meta-estimators for skl2onnx: each part is parsed with its inputs, then the outputs are combined."""

from typing import Any

from fairlead.publishing.input.inner_estimators import inner_estimators, last_estimator
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_inputs import Inputs
from fairlead.publishing.onnx.converters.meta_estimators import StackedAnswers
from fairlead.publishing.onnx.converters.multiclass import is_constant
from fairlead.publishing.onnx.converters.parsers import declare, parse

SCORED = {
    *("LogisticRegression", "LogisticRegressionCV", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier"),
    *("Perceptron", "PassiveAggressiveClassifier", "LinearSVC", "LinearDiscriminantAnalysis", "SVC", "NuSVC"),
    *("GradientBoostingClassifier", "HistGradientBoostingClassifier", "LGBMClassifier"),
}
"""Classifiers whose converters can write the decision function."""


class MetaParsers:
    """Parsers of one compilation for voting, stacking, calibration and other meta-estimators."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def unwrap(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the estimator inside a search or a frozen estimator."""
        return parse(scope, next(inner_estimators(model)).estimator, inputs, custom_parsers)

    def voting(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse each part for its probabilities; for its label with hard votes, for its value as a regressor."""
        place = 1 if getattr(model, "voting", "hard") == "soft" else 0
        given = [parse(scope, part, inputs, custom_parsers)[place] for part in model.estimators_]
        return self._declared(scope, model, given)

    def stacking(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the parts, then the final estimator with their answers as inputs."""
        from skl2onnx.common.data_types import DoubleTensorType

        binary = len(getattr(model, "classes_", ())) == 2
        given = [
            self._answer(scope, part, inputs, custom_parsers, method)
            for part, method in zip(model.estimators_, model.stack_method_, strict=True)
        ]
        given += inputs if model.passthrough else []
        operator = scope.declare_local_operator(
            "FairleadStackedAnswers", StackedAnswers(tuple(model.stack_method_), binary)
        )
        operator.inputs = given
        operator.outputs.append(scope.declare_local_variable("stacked", DoubleTensorType()))
        last = parse(scope, model.final_estimator_, list(operator.outputs), custom_parsers)
        return self._declared(scope, model, last) if hasattr(model, "classes_") else last

    def calibrated(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse each part for its decision function, for its probabilities where it has none."""
        given = []
        for member in model.calibrated_classifiers_:
            method = "decision_function" if hasattr(member.estimator, "decision_function") else "predict_proba"
            given.append(self._answer(scope, member.estimator, inputs, custom_parsers, method))
        return self._declared(scope, model, given)

    def threshold(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse a classifier that has a threshold on the positive class's probability."""
        response, positive = model.response_method, getattr(model, "pos_label", None)
        if response not in ("auto", "predict_proba") or positive not in (None, model.classes_[1]):
            raise NotConvertibleError(
                f"{type(model).__name__} on {response} of {positive!r}",
                use=f'response_method="predict_proba" and pos_label={model.classes_[1]!r}',
            )
        return self._declared(scope, model, parse(scope, model.estimator_, inputs, custom_parsers))

    def one_against_rest(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the parts for the values that decide labels, then for probabilities where the model has them."""
        parts = [(part, _binary_method(part)) for part in model.estimators_]
        given = [self._answer(scope, part, inputs, custom_parsers, method) for part, method in parts]
        if hasattr(model, "predict_proba"):
            given += [parse(scope, part, inputs, custom_parsers)[1] for part, _ in parts]
        return self._declared(scope, model, given)

    def one_against_one(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the parts for their labels and for the values that break ties."""
        if model.pairwise_indices_ is not None:
            raise NotConvertibleError("OneVsOneClassifier with precomputed kernels", use="a kernel by name")
        parts = [(part, _binary_method(part)) for part in model.estimators_]
        given = [self._outputs(scope, part, inputs, custom_parsers, method) for part, method in parts]
        return self._declared(scope, model, [each[0] for each in given] + [each[-1] for each in given])

    def output_codes(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the parts for the values that are compared with the codes."""
        parts = [(part, _binary_method(part)) for part in model.estimators_ if not is_constant(part)]
        given = [self._answer(scope, part, inputs, custom_parsers, method) for part, method in parts]
        return self._declared(scope, model, given)

    def transformed_target(self, scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
        """Parse the inner regressor, whose value is transformed back afterwards."""
        return self._declared(scope, model, parse(scope, model.regressor_, inputs, custom_parsers))

    def _answer(self, scope: Any, part: Any, inputs: list[Any], custom_parsers: Any, method: str) -> Any:
        outputs = self._outputs(scope, part, inputs, custom_parsers, method)
        return outputs[0] if method == "predict" else outputs[1]

    def _outputs(self, scope: Any, part: Any, inputs: list[Any], custom_parsers: Any, method: str) -> list[Any]:
        if method == "decision_function":
            last = last_estimator(part)
            if type(last).__name__ not in SCORED:
                raise NotConvertibleError(
                    f"the decision function of an inner {type(last).__name__}",
                    use=f"one of {', '.join(sorted(SCORED))}",
                )
            self._inputs.scoring = last
        outputs = parse(scope, part, inputs, custom_parsers)
        self._inputs.scoring = None
        return outputs

    def _declared(self, scope: Any, model: Any, inputs: list[Any]) -> list[Any]:
        from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

        operator = declare(scope, model, inputs)
        if hasattr(model, "classes_"):
            operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
        operator.outputs.append(scope.declare_local_variable("variable", DoubleTensorType()))
        return list(operator.outputs)


def _binary_method(part: Any) -> str:
    """Return the method whose values scikit-learn compares; raises NotConvertibleError for a constant part."""
    if is_constant(part):
        raise NotConvertibleError(
            "a part that was fitted on only one class", use="training rows of every class in every part"
        )
    if hasattr(part, "decision_function"):
        return "decision_function"
    return "predict_proba" if hasattr(part, "predict_proba") else "predict"
