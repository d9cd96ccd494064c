"""The public JSON of /predict from the client's side: encodes rows as instances, decodes predictions as answers.

Law: `answers` decodes the predictions for `instances(signature, rows)` to the engine's answers for the rows.
"""

from collections.abc import Sequence
from typing import Any

from fairlead.errors import CallError
from fairlead.model.answers import Answers
from fairlead.model.signature import Output, Scalar, Signature, class_names


def instances(signature: Signature, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return rows in signature order as JSON objects; missing values are null."""
    names = [field.name for field in signature.inputs]
    return [dict(zip(names, row, strict=True)) for row in rows]


def answers(output: Output, predictions: Sequence[Any]) -> Answers:
    """Decode predictions strictly; raises CallError for the first that does not match the signature."""
    for position, prediction in enumerate(predictions):
        if not isinstance(prediction, dict) or not isinstance(prediction.get("id"), str):
            raise CallError(f"prediction {position} is no object with an id")
    if len({prediction["id"] for prediction in predictions}) < len(predictions):
        raise CallError("two predictions have one id")
    if output.task == "regression":
        return Answers(values=[_value(output, at, one.get("value")) for at, one in enumerate(predictions)])
    labels = [_label(output, at, one) for at, one in enumerate(predictions)]
    if output.probabilities:
        names = class_names(output)
        shares = [_named(names, at, "probabilities", one.get("probabilities")) for at, one in enumerate(predictions)]
        return Answers(labels=labels, probabilities=shares)
    if output.task == "anomaly":
        return Answers(
            labels=labels, scores=[_number(at, "score", one.get("score")) for at, one in enumerate(predictions)]
        )
    return Answers(labels=labels)


def members(output: Output) -> frozenset[str]:
    """Return the name of every member of a prediction, nested ones as `probabilities.Adelie`."""
    if output.task == "regression":
        return frozenset({f"value.{name}" for name in output.names or ()} or {"value"})
    found = {"label"} | ({"score"} if output.task == "anomaly" else set())
    return frozenset(found | {f"probabilities.{name}" for name in class_names(output) if output.probabilities})


def _value(output: Output, at: int, value: Any) -> float | list[float]:
    return _named(output.names, at, "value", value) if output.names else _number(at, "value", value)


def _label(output: Output, at: int, prediction: dict[str, Any]) -> Scalar:
    label = prediction.get("label")
    if not isinstance(label, str | int | float) or (output.classes and label not in output.classes):
        raise CallError(f"prediction {at} has the label {label!r}, which is none of the model's")
    return label


def _named(names: Sequence[str], at: int, member: str, value: Any) -> list[float]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise CallError(f"prediction {at} has no `{member}` of exactly {', '.join(names[:10])}")
    return [_number(at, f"{member}.{name}", value[name]) for name in names]


def _number(at: int, member: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CallError(f"prediction {at} has no number as `{member}`")
    return float(value)
