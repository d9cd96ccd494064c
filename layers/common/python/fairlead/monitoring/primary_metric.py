"""The one figure that a version is held to, and by how much it is surely worse than when it was published."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.model.manifest import Manifest, Metric
from fairlead.model.signature import Output
from fairlead.registry.store import Reading

HIGHER = frozenset({"accuracy", "balanced_accuracy", "f1", "r2"})
LOWER = frozenset({"log_loss", "brier", "mae", "rmse"})
"""Figures that counters give and the gate publishes, by the direction in which they improve; the gate's `better`."""
LARGEST_DROP = 1e9
"""Times the published error: a larger drop says no more, and CloudWatch takes no number beyond 2e108."""
WIDER = 1.31
"""The gate's intervals hold 95 %; the published one is widened to 99 %, as a lucky figure would stay for the version's
life."""


def primary(manifest: Manifest, reading: Reading) -> str:
    """Name the figure that the gate compares versions by, if counters give it, else the task's own."""
    auto = "mae" if manifest.signature.output.task == "regression" else "accuracy"
    if "policy" not in manifest.blobs:
        return auto
    policy = msgspec.json.decode(reading.blob(manifest.blobs["policy"]), type=dict[str, Any])
    asked = str(policy.get("champion", {}).get("metric", "auto"))
    return asked if asked in (HIGHER | LOWER) & set(manifest.metrics) else auto


def judgeable(output: Output) -> bool:
    """Say whether outcomes can tell anything of this task."""
    return output.task != "clustering"


def surely_worse(name: str, published: Metric, now: Metric) -> float:
    """Return the least drop that both intervals allow; above 0 the figure is surely worse.

    The published figure is an estimate too, so both uncertainties count, by squares (MOVER: Zou, Donner, Statistics in
    Medicine 27, 2008). Of errors the drop is a share of the published one.
    """
    if name in HIGHER:
        return published.value - now.value - math.hypot(WIDER * _below(published), _above(now))
    worse = now.value - published.value - math.hypot(WIDER * _above(published), _below(now))
    drop = worse / published.value if published.value > 0 else worse
    return max(-LARGEST_DROP, min(LARGEST_DROP, drop))


def sound(metrics: Mapping[str, Metric], name: str) -> Metric | None:
    """Return a figure if it is there and finite."""
    found = metrics.get(name)
    return found if found and math.isfinite(found.value) else None


def _below(metric: Metric) -> float:
    return 0.0 if metric.low is None else max(0.0, metric.value - metric.low)


def _above(metric: Metric) -> float:
    return 0.0 if metric.high is None else max(0.0, metric.high - metric.value)
