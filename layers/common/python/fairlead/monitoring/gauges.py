"""A view as metrics. They are few, because CloudWatch bills each by the month. Too little data gives no datapoint.

docs/reference/metrics.md lists them.
"""

from typing import NamedTuple

from fairlead.drift import Judgement
from fairlead.monitoring.views import View

BY_VERSION = frozenset(
    {
        *("Quality", "QualityLow", "QualityHigh", "QualityDrop", "EstimatedQuality"),
        *("DriftedFeatures", "LabelCoverage", "Predictions"),
    }
)
"""Gauges of every version; the live version has all gauges."""


class Gauges(NamedTuple):
    """Values by metric name, with their dimensions in addition to `service`."""

    dimensions: dict[str, str]
    values: dict[str, float]


def gauges(view: View) -> list[Gauges]:
    """Return a version's gauges; the live one also has those that alarms watch, with only the dimension `service`."""
    values = {name: value for name, value in _all(view).items() if value is not None}
    named = {"model": view.model, "version": str(view.version)}
    found = [Gauges(named, {name: value for name, value in values.items() if name in BY_VERSION})]
    return [Gauges({}, values), *found] if view.live else found


def _all(view: View) -> dict[str, float | None]:
    labels, quality = view.labels, view.quality
    return {
        "Quality": quality.now.value if quality.now else None,
        "QualityLow": quality.now.low if quality.now else None,
        "QualityHigh": quality.now.high if quality.now else None,
        "QualityDrop": quality.drop,
        "EstimatedQuality": view.estimate.value if view.estimate else None,
        "DriftedFeatures": _drifted(view.judged, answers=False),
        "DriftedPredictions": _drifted(view.judged, answers=True),
        "BrokenFeatures": None if view.broken is None else len(view.broken),
        "LabelCoverage": labels.coverage,
        "LabelDelayHours": labels.delay_hours,
        "Predictions": labels.predictions,
        "Outcomes": labels.outcomes,
        "InvalidOutcomes": labels.invalid,
        "Conflicts": labels.conflicts,
    }


def _drifted(judged: Judgement | None, *, answers: bool) -> float | None:
    """Return the number of drifted inputs or answers; None if there is too little data to judge any."""
    findings = [one for one in judged.findings if (one.of != "input") == answers] if judged else []
    verdicts = [one.verdict for one in findings if one.verdict != "not enough data"]
    return verdicts.count("drift") if verdicts else None
