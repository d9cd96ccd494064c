"""The primary metric of a version, and by how much it is surely worse than when the version was published."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.model.manifest import Manifest, Metric
from fairlead.model.signature import Output
from fairlead.registry.store import Reading

HIGHER = frozenset({"accuracy", "balanced_accuracy", "f1", "r2"})
LOWER = frozenset({"log_loss", "brier", "mae", "rmse"})
"""Metrics that both the counters and the gate provide, by the direction of improvement; the gate's `better`."""
LARGEST_DROP = 1e9
"""In multiples of the published error; CloudWatch takes no number above 2e108, and a larger drop means the same."""
WIDER = 1.31
"""Widens the published interval from 95 % to 99 %: a figure that was high by chance stays for the version's life."""


def primary(manifest: Manifest, reading: Reading) -> str:
    """Return the metric by which the gate compares versions, if the counters provide it, else the task's default."""
    auto = "mae" if manifest.signature.output.task == "regression" else "accuracy"
    if "policy" not in manifest.blobs:
        return auto
    policy = msgspec.json.decode(reading.blob(manifest.blobs["policy"]), type=dict[str, Any])
    wanted = str(policy.get("champion", {}).get("metric", "auto"))
    return wanted if wanted in (HIGHER | LOWER) & set(manifest.metrics) else auto


def judgeable(output: Output) -> bool:
    """Return whether outcomes can measure the quality of this task."""
    return output.task != "clustering"


def surely_worse(name: str, published: Metric, now: Metric) -> float:
    """Return the smallest drop that both intervals allow; above 0 the figure is surely worse.

    The published figure is an estimate too. So the squares of both uncertainties are added (MOVER: Zou, Donner,
    Statistics in Medicine 27, 2008). For an error metric the drop is a share of the published error.
    """
    if name in HIGHER:
        return published.value - now.value - math.hypot(WIDER * _below(published), _above(now))
    worse = now.value - published.value - math.hypot(WIDER * _above(published), _below(now))
    drop = worse / published.value if published.value > 0 else worse
    return max(-LARGEST_DROP, min(LARGEST_DROP, drop))


def sound(metrics: Mapping[str, Metric], name: str) -> Metric | None:
    """Return a metric's figure, None if it is missing or not finite."""
    found = metrics.get(name)
    return found if found and math.isfinite(found.value) else None


def _below(metric: Metric) -> float:
    return 0.0 if metric.low is None else max(0.0, metric.value - metric.low)


def _above(metric: Metric) -> float:
    return 0.0 if metric.high is None else max(0.0, metric.high - metric.value)
