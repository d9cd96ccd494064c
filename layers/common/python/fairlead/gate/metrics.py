"""A model's metrics on rows, each with its confidence interval."""

import math
from typing import Literal

import msgspec
import numpy as np

from fairlead.gate import bootstrap, macro_average
from fairlead.gate.bootstrap import Resample
from fairlead.gate.evidence import Codes, Floats, Loss, Predicted, Rows, classes_of
from fairlead.gate.intervals import normal_quantile, wilson
from fairlead.gate.scores import scores
from fairlead.model.signature import Output, Scalar

HIGHER = frozenset({"accuracy", "balanced_accuracy", "f1", "roc_auc", "r2", "d2"})
LOWER = frozenset({"log_loss", "brier", "calibration_error", "mae", "rmse", "bias", "loss"})
QUANTILES = {"absolute_error_p50": 0.5, "absolute_error_p90": 0.9, "absolute_error_p99": 0.99}
FIGURES = (*sorted(HIGHER | LOWER), *QUANTILES)
SHARES = ("accuracy", "recall:")
BOUNDED = frozenset({"balanced_accuracy", "f1", "roc_auc"})


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A metric's value with its interval and standard error; the interval is None if it cannot be computed."""

    value: float
    low: float | None = None
    high: float | None = None
    standard_error: float = 0.0


def better(name: str) -> Literal["higher", "lower"]:
    """Return the direction in which a metric improves; bias improves towards zero from both sides."""
    return "higher" if name in HIGHER or name.startswith("recall:") else "lower"


def measure(
    rows: Rows, predicted: Predicted, output: Output, *, confidence: float = 0.95, loss: Loss | None = None
) -> dict[str, Figure]:
    """Return all metrics of these answers with intervals; empty if there is no target or no prediction of it."""
    if rows.target is None or rows.count == 0:
        return {}
    replicates = scores(rows.target, predicted, output, Resample(rows.count), loss=loss)
    figures = {name: _figure(drawn, confidence) for name, drawn in replicates.items() if np.isfinite(drawn[0])}
    if output.task == "regression" and predicted.values is not None:
        return figures | _error_quantiles(rows.target, predicted.values, confidence)
    return {
        name: _widened(name, figure, rows.target, predicted, output, confidence) for name, figure in figures.items()
    }


def _figure(drawn: Floats, confidence: float) -> Figure:
    bounds = bootstrap.interval(drawn, confidence)
    low, high = bounds or (None, None)
    return Figure(value=float(drawn[0]), low=low, high=high, standard_error=bootstrap.standard_error(drawn))


def _widened(
    name: str, figure: Figure, target: Codes, predicted: Predicted, output: Output, confidence: float
) -> Figure:
    """Widen an interval that lacks the variation of a class whose rows are all right or all wrong.

    A share gets at least Wilson's interval; a macro average is widened by `macro_average.reach`.
    """
    if figure.low is None or figure.high is None:
        return figure
    classes = classes_of(output)
    low, high = figure.low, figure.high
    if name.startswith(SHARES):
        trials = len(target) if name == "accuracy" else int((target == _code(name, classes)).sum())
        bounds = wilson(figure.value * trials, trials, confidence=confidence)
        low, high = min(low, bounds[0]), max(high, bounds[1])
    elif name in BOUNDED:
        below, above = macro_average.reach(name, target, predicted, len(classes), confidence=confidence)
        low = max(0.0, figure.value - math.hypot(max(figure.value - low, 0.0), below))
        high = min(1.0, figure.value + math.hypot(max(high - figure.value, 0.0), above))
    error = max(figure.value - low, high - figure.value) / normal_quantile((1 + confidence) / 2)
    return msgspec.structs.replace(figure, low=low, high=high, standard_error=max(figure.standard_error, error))


def _code(name: str, classes: tuple[Scalar, ...]) -> int:
    return [f"recall:{label}" for label in classes].index(name)


def _error_quantiles(target: Floats, values: Floats, confidence: float) -> dict[str, Figure]:
    """Return quantiles of the absolute error over rows and targets.

    The bootstrap distribution of a quantile is known without resampling (Efron 1982): its interval lies between the
    order statistics at the binomial's quantiles, here by their normal approximation.
    """
    errors = np.sort(np.abs(values - target), axis=None)
    found = {}
    for name, q in QUANTILES.items():
        spread = quantile_ranks(len(errors), q, confidence)
        low, high = (float(errors[rank]) for rank in spread)
        found[name] = Figure(value=float(np.quantile(errors, q)), low=low, high=high, standard_error=(high - low) / 4)
    return found


def quantile_ranks(count: int, q: float, confidence: float) -> tuple[int, int]:
    """Return the zero-based ranks of the order statistics that bound quantile `q`."""
    reach = normal_quantile((1 + confidence) / 2) * np.sqrt(count * q * (1 - q))
    return max(0, int(np.floor(count * q - reach))), min(count - 1, int(np.ceil(count * q + reach)))
