"""Text of numbers, shares, metrics, checks and classes, for the report, the model card and the dashboard."""

import math

from fairlead.model.digits import digits
from fairlead.model.manifest import Metric
from fairlead.model.signature import Output, Scalar, Signature

METRICS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "f1": "F1, macro",
    "roc_auc": "ROC AUC",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "calibration_error": "Calibration error",
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "r2": "R²",
    "bias": "Bias",
    "absolute_error_p50": "Absolute error, median",
    "absolute_error_p90": "Absolute error, 90th percentile",
    "absolute_error_p99": "Absolute error, 99th percentile",
    "adjusted_rand": "Adjusted Rand index",
}
MOST_CLASSES = 6
CHECKS = {"cross_validation": "cross-validation"}


def figure(value: float | None) -> str:
    """Return a number with four digits, thousands separators and a minus sign; a dash for None or NaN."""
    if value is None or math.isnan(value):
        return "–"
    return digits(value).replace("-", "−")


def interval(metric: Metric) -> str:
    """Return a metric's interval; empty if there is none."""
    return "" if metric.low is None or metric.high is None else f"{figure(metric.low)} to {figure(metric.high)}"


def share(part: float, whole: float) -> str:
    """Return a share in percent; a share below 0.1 % is not shown as zero."""
    if whole <= 0:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def size(count: float) -> str:
    """Return a size in B, kB or MB."""
    for unit in ("B", "kB", "MB"):
        if count < 1024 or unit == "MB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 row`, `2 rows`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def metric(name: str) -> str:
    """Return a metric's display name."""
    if name.startswith("recall:"):
        return f"Recall of {name.removeprefix('recall:')}"
    return METRICS.get(name, name.replace("_", " "))


def check(name: str) -> str:
    """Return a check's display name."""
    return CHECKS.get(name, name)


def class_name(label: Scalar, output: Output) -> str:
    """Return a class's display name; an anomaly detector's -1 and 1 are outlier and inlier."""
    if output.task == "anomaly":
        return "outlier (−1)" if label == -1 else "inlier (1)"
    return str(label)


def capitalized(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def clipped(text: str, most: int) -> str:
    """Return a text cut to `most` characters, with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def purpose(signature: Signature) -> str:
    """Return a sentence on what the model does."""
    inputs, output = plural(len(signature.inputs), "input"), signature.output
    if output.task == "clustering":
        return f"Puts rows of {inputs} into clusters."
    if output.task == "anomaly":
        return f"Tells outliers from inliers by {inputs}."
    target = ", ".join(output.names or ()) or output.target or "the target"
    names = [clipped(str(label), 40) for label in output.classes or ()]
    few = f": {', '.join(names)}" if len(names) <= MOST_CLASSES else ""
    return f"Predicts {target} from {inputs}{f', one of {len(names)} classes{few}' if names else ''}."
