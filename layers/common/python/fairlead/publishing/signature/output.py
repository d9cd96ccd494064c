"""Infer the output part of the signature: task, classes, probabilities, target names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairlead.errors import DataError, ModelFileError
from fairlead.model.signature import Output, Scalar
from fairlead.publishing.input.estimator_checks import task_of
from fairlead.publishing.input.frames import predict_input, refuse_several_targets
from fairlead.publishing.input.table_types import is_unicode, to_target
from fairlead.publishing.signature.json_values import is_missing
from fairlead.publishing.signature.probe import Probe


def output_of(probe: Probe, y: Any, *, target: str) -> Output:
    """Return the output part of the signature; raises ModelFileError for answers that the API cannot represent."""
    task = task_of(probe.estimator)
    answer = np.asarray(probe.answer(probe.frame.iloc[:2]))
    if task == "classification":
        classes = _classes(probe.estimator, answer)
        _check_labels(classes, y, target)
        return Output(task=task, target=target, classes=classes, probabilities=_has_probabilities(probe))
    if task == "regression":
        _check_numbers(y, target)
        return Output(task=task, target=target, names=_names(answer, y, target))
    if answer.ndim != 1:
        raise ModelFileError(f"the estimator's answer has {answer.ndim} dimensions, expected one label per row")
    return Output(task=task, target=target)


def one_target(y: Any, *, rows: int) -> Any:
    """Return the target as an array or table; raises DataError for missing values or another number of rows.

    A table with one column is one target.
    """
    import pandas as pd

    y = to_target(y)
    if y is None:
        return None
    if len(y) != rows:
        raise DataError(f"there are {rows} rows and {len(y)} targets", hint="give one target for each row")
    if bool(np.any(pd.isna(y))):
        raise DataError("the target has missing values", hint="remove rows without a known outcome")
    return y


def _classes(estimator: Any, answer: np.ndarray) -> tuple[Scalar, ...]:
    classes = estimator.classes_
    if answer.ndim != 1 or isinstance(classes, list):
        raise refuse_several_targets()
    return tuple(label(value) for value in classes)


def label(value: Any) -> Scalar:
    """Return a class as a JSON scalar of the same type: numpy's 1.0 as a float, its True as a bool."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and not is_unicode([value]):
        raise ModelFileError(f"the class {value!r} has a lone surrogate, which JSON cannot represent")
    if isinstance(value, (str, bool, int, float)) and not is_missing(value):
        return value
    raise ModelFileError(
        f"the class {value!r} is not a string, number or boolean", hint="fit on labels of one of these types"
    )


def _check_labels(classes: Sequence[Scalar], y: Any, target: str) -> None:
    """Raise DataError for held-out labels that are not the estimator's: '1' and 1 would never be equal in a metric."""
    import pandas as pd

    if y is None:
        return
    if np.ndim(y) != 1:
        raise refuse_several_targets()
    present = [label(value) for value in pd.unique(pd.Series(y).astype(object))]
    types = {_json_type(value) for value in classes}
    strange = [value for value in present if value not in classes or _json_type(value) not in types]
    if strange:
        name = f"column {target!r}" if target else "y"
        raise DataError(
            f"{name} has labels the estimator does not know: {', '.join(map(repr, strange[:5]))}",
            hint=f"it was fitted on {', '.join(map(repr, classes[:10]))}"
            + (" …" if len(classes) > 10 else "")
            + _cast(strange),
        )


def _cast(strange: Sequence[Scalar]) -> str:
    """Return the way forward for truth values of an estimator that knows them as numbers, as XGBoost does."""
    truth = all(isinstance(value, bool) for value in strange)
    return "; give the labels as it was fitted on them: y.astype(int)" if truth else ""


def _json_type(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def _has_probabilities(probe: Probe) -> bool:
    ask = getattr(probe.estimator, "predict_proba", None)
    if ask is None:
        return False
    try:
        answer = np.asarray(ask(predict_input(probe.frame.iloc[:2], probe.layout)))
    except Exception:  # noqa: BLE001 - a custom step may raise any exception; predict answers without it
        return False
    return answer.ndim == 2 and answer.shape[1] == len(probe.estimator.classes_)


def _check_numbers(y: Any, target: str) -> None:
    try:
        finite = y is None or bool(np.isfinite(np.asarray(y, dtype=float)).all())
    except (TypeError, ValueError):
        finite = False
    if not finite:
        name = f"column {target!r}" if target else "y"
        raise DataError(
            f"{name} must contain finite numbers: the estimator is a regressor", hint="name the target it was fitted on"
        )


def _names(answer: np.ndarray, y: Any, target: str) -> tuple[str, ...] | None:
    """Return the names of several targets, None for one; a single column of values is one target."""
    width = 1 if answer.ndim == 1 else answer.shape[1]
    if answer.ndim > 2:
        raise ModelFileError(f"the estimator's answer has {answer.ndim} dimensions, expected one or two")
    targets = width if y is None else 1 if np.ndim(y) == 1 else np.shape(y)[1]
    if targets != width:
        raise DataError(
            f"the estimator predicts {width} target{'s'[: width > 1]}, the table has {targets}",
            hint="name all of them, in the order of fit: --target a,b",
        )
    if width == 1:
        return None
    names = _target_names(y, target)
    if len(names) != width:
        return tuple(f"y{position}" for position in range(width))
    return tuple(names)


def _target_names(y: Any, target: str) -> list[str]:
    columns = getattr(y, "columns", None)
    if columns is not None and all(isinstance(name, str) for name in columns):
        return list(columns)
    return [name.strip() for name in target.split(",")]
