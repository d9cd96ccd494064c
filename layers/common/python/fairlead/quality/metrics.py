"""Metrics of a window from its counters, with intervals.

Rows of one caller within a quarter of an hour are similar, so the effective number of rows is smaller than the number
of rows. The variance between those groups, divided by that of independent rows, is the design effect (Kish, Survey
Sampling, 1965, 8.2). Every interval uses the effective rows. Intervals of ratios use the delta method.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist

from fairlead.drift.counters import Number
from fairlead.model.manifest import Metric
from fairlead.model.signature import Output
from fairlead.quality.counters import TENTHS, classes_of, groups

CONFIDENCE = 0.95

Counts = Mapping[str, Number]
Slots = Mapping[int, Counts]


def total(slots: Slots) -> dict[str, Number]:
    """Return the sum of the counters of a window's slots."""
    counts: dict[str, Number] = {}
    for some in slots.values():
        for name, amount in some.items():
            counts[name] = counts.get(name, 0) + amount
    return counts


def figures(output: Output, slots: Slots, *, confidence: float = CONFIDENCE) -> dict[str, Metric]:
    """Return the metrics of a window by the gate's names; empty without a valid outcome."""
    counts = total(slots)
    rows = counts.get("outcomes", 0)
    if not rows:
        return {}
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    effective = rows / design_effect(slots)
    if output.task == "regression":
        return _regression(counts, len(output.names or ("",)), effective, z)
    return _labelled(output, counts, effective, z) | _probabilistic(counts, effective, z)


def design_effect(slots: Slots) -> float:
    """Return how many rows count as one independent row: at least 1, and 1 with too few groups to estimate it."""
    clusters = [
        (counts[f"g{group}_n"], counts.get(f"g{group}_v", 0))
        for counts in slots.values()
        for group in groups()
        if counts.get(f"g{group}_n")
    ]
    rows = sum(size for size, _ in clusters)
    if len(clusters) < 3 or rows <= len(clusters):
        return 1.0
    mean = sum(value for _, value in clusters) / rows
    between = sum((value - mean * size) ** 2 for size, value in clusters) * len(clusters) / (len(clusters) - 1)
    counts = total(slots)
    independent = (counts["q0"] if "q0" in counts else mean * rows) - mean * mean * rows
    return max(1.0, between / independent) if independent > 0 else 1.0


def wilson(share: float, rows: float, z: float) -> tuple[float, float]:
    """Return the score interval of a share of `rows` effective rows (Wilson 1927)."""
    middle = share + z * z / (2 * rows)
    spread = z * math.sqrt(max(share * (1 - share), 0.0) / rows + z * z / (4 * rows * rows))
    scale = 1 + z * z / rows
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _labelled(output: Output, counts: Counts, effective: float, z: float) -> dict[str, Metric]:
    """Return accuracy, balanced accuracy (mean recall), macro F1 and the recall of each class."""
    classes = classes_of(output)
    places = range(len(classes))
    rows = counts["outcomes"]
    cells = {(i, j): share for i in places for j in places if (share := counts.get(f"c{i}_{j}", 0) / rows)}
    actual = [sum(share for (i, _), share in cells.items() if i == k) for k in places]
    answered = [sum(share for (_, j), share in cells.items() if j == k) for k in places]
    right = [cells.get((k, k), 0.0) for k in places]
    present = [k for k in places if actual[k]]
    met = [k for k in places if actual[k] + answered[k]]

    def recall_slope(i: int, j: int) -> float:
        # Derivative of the mean recall by the share of cell (i, j): only the recall of class i changes.
        return ((i == j) * actual[i] - right[i]) / actual[i] ** 2 / len(present)

    def f1_slope(i: int, j: int) -> float:
        moved = ((k, (i == k) + (j == k)) for k in {i, j})
        slopes = (
            (2 * (i == j) * (actual[k] + answered[k]) - 2 * right[k] * times) / (actual[k] + answered[k]) ** 2
            for k, times in moved
        )
        return sum(slopes) / len(met)

    def spread(slope: dict[tuple[int, int], float]) -> float:
        mean = sum(cells[cell] * slope[cell] for cell in cells)
        variance = sum(cells[cell] * slope[cell] ** 2 for cell in cells) - mean * mean
        return z * math.sqrt(max(variance, 0.0) / effective)

    accuracy = sum(right)
    found = {
        "accuracy": Metric(value=accuracy, **_bounds(wilson(accuracy, effective, z))),
        "balanced_accuracy": _share(
            sum(right[k] / actual[k] for k in present) / len(present), spread({c: recall_slope(*c) for c in cells})
        ),
        "f1": _share(
            sum(2 * right[k] / (actual[k] + answered[k]) for k in met) / len(met),
            spread({c: f1_slope(*c) for c in cells}),
        ),
    }
    for k in present:
        recall = right[k] / actual[k]
        found[f"recall:{classes[k]}"] = Metric(value=recall, **_bounds(wilson(recall, effective * actual[k], z)))
    return found


def _probabilistic(counts: Counts, effective: float, z: float) -> dict[str, Metric]:
    """Return log loss, Brier score, and the calibration error of the answer's stated probability."""
    stated = sum(counts.get(f"k{tenth}", 0) for tenth in range(TENTHS))
    if not stated:
        return {}
    gaps = sum(abs(counts.get(f"s{tenth}", 0) - counts.get(f"t{tenth}", 0)) for tenth in range(TENTHS))
    share = effective / counts["outcomes"]
    return {
        "log_loss": _mean(counts["loss"], counts["loss2"], stated, share, z),
        "brier": _mean(counts["squares"], counts["squares2"], stated, share, z),
        "confidence_error": Metric(value=gaps / stated),
    }


def _regression(counts: Counts, targets: int, effective: float, z: float) -> dict[str, Metric]:
    """Return MAE, RMSE, R² and bias, each the mean over targets, with the widest half interval of the targets."""
    rows = counts["outcomes"]
    parts = [_target(counts, target, rows, effective / rows, z) for target in range(targets)]
    return {name: _averaged([part[name] for part in parts]) for name in parts[0]}


def _target(counts: Counts, target: int, rows: float, share: float, z: float) -> dict[str, Metric]:
    error, absolute, squares, fourths, truth, truths = (counts.get(f"{name}{target}", 0.0) for name in "eaqfyz")
    mean_square = squares / rows
    # Delta method, for the square root and for the ratio to a spread that is taken as known.
    half = z * math.sqrt(max(fourths / rows - mean_square**2, 0.0) / (rows * share))
    root = math.sqrt(mean_square)
    rmse = Metric(value=root, low=math.sqrt(max(mean_square - half, 0.0)), high=math.sqrt(mean_square + half))
    spread = truths / rows - (truth / rows) ** 2
    found = {
        "mae": _mean(absolute, squares, rows, share, z),
        "rmse": rmse,
        "bias": _mean(error, squares, rows, share, z),
    }
    if spread > 0:
        found["r2"] = Metric(
            value=1 - mean_square / spread,
            low=1 - (mean_square + half) / spread,
            high=1 - (mean_square - half) / spread,
        )
    return found


def _mean(sums: float, squares: float, rows: float, share: float, z: float) -> Metric:
    """Return the mean over `rows`, a `share` of which is effective, with the normal interval."""
    mean = sums / rows
    half = z * math.sqrt(max(squares / rows - mean * mean, 0.0) / (rows * share))
    return Metric(value=mean, low=mean - half, high=mean + half)


def _averaged(metrics: list[Metric]) -> Metric:
    value = sum(metric.value for metric in metrics) / len(metrics)
    half = max((metric.high or 0.0) - metric.value for metric in metrics)
    return metrics[0] if len(metrics) == 1 else Metric(value=value, low=value - half, high=value + half)


def _share(value: float, half: float) -> Metric:
    return Metric(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


def _bounds(bounds: tuple[float, float]) -> dict[str, float]:
    return {"low": bounds[0], "high": bounds[1]}
