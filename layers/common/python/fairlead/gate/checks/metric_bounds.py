"""Metrics check: held-out metrics with intervals; the policy's bounds are compared with the interval, not the value."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from fairlead.gate import metrics as gate_metrics
from fairlead.gate.evidence import Evidence, Predicted
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import rows_needed
from fairlead.gate.metrics import Figure
from fairlead.gate.policy import Metrics, Policy
from fairlead.model.digits import digits

NAME = "metrics"
FEW_ROWS = 30
SUPERVISED = frozenset({"classification", "regression"})
NO_METRIC = "the rows have no target, or the answers do not predict it"


def metrics(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding for each metric, and a failed one for each bound on a metric that the model does not have."""
    rows = evidence.held_out
    measured = gate_metrics.measure(
        rows, evidence.predicted, evidence.signature.output, confidence=policy.confidence, loss=evidence.loss
    )
    if rows.target is None and evidence.signature.output.task in SUPERVISED:
        return [failed(NAME, "held-out figures", detail="the rows have no target, so no metric can be computed")]
    if not measured and not _not_finite(evidence.predicted):
        return [skipped(NAME, "held-out figures", NO_METRIC)]
    findings = [_finding(name, figure, rows.count, policy) for name, figure in measured.items()]
    absent = sorted((policy.metrics.at_least.keys() | policy.metrics.at_most.keys()) - measured.keys())
    findings += [
        failed(NAME, name, detail="the policy bounds a metric that this model does not have") for name in absent
    ]
    strange = _not_finite(evidence.predicted)
    if strange:
        findings.append(failed(NAME, "answers that are not finite", figure=f"{strange:,}", threshold="0"))
    if rows.count < FEW_ROWS:
        findings.append(warned(NAME, "held-out rows", figure=f"{rows.count}", threshold=f"≥ {FEW_ROWS}"))
    return findings


def _not_finite(predicted: Predicted) -> int:
    """Return the number of rows whose answer is not finite; metrics over such rows are not defined."""
    arrays = [array for array in (predicted.probabilities, predicted.values) if array is not None]
    return sum(int((~np.isfinite(array)).any(axis=1).sum()) for array in arrays)


def _finding(name: str, figure: Figure, rows: int, policy: Policy) -> Finding:
    found = _judged(name, figure, rows, policy)
    bounds = {} if figure.low is None or figure.high is None else {"low": figure.low, "high": figure.high}
    return msgspec.structs.replace(found, figure=shown(figure), figures={"value": figure.value, **bounds})


class _Margin(NamedTuple):
    """A bound, and how far inside it the interval's worse end, its better end and the value lie."""

    bound: str
    worse: float
    better: float
    figure: float


def _judged(name: str, figure: Figure, rows: int, policy: Policy) -> Finding:
    margins = list(_margins(name, figure, policy.metrics))
    if not margins:
        return passed(NAME, name)
    threshold = " and ".join(margin.bound for margin in margins)
    if figure.low is None:
        return failed(NAME, name, threshold=threshold, detail="no interval could be computed")
    if all(margin.worse >= 0 for margin in margins):
        return passed(NAME, name, threshold=threshold)
    if any(margin.better < 0 for margin in margins):
        return failed(NAME, name, threshold=threshold, detail="the whole interval lies outside")
    distance = min(margin.figure for margin in margins)
    needed = rows_needed(rows, figure.standard_error, distance, confidence=policy.confidence)
    more = f"about {needed:,} rows would decide" if needed else "more rows are unlikely to help"
    return Finding(
        check=NAME,
        finding=name,
        verdict="inconclusive",
        threshold=threshold,
        detail=f"the bound lies inside the interval; {more}",
        refuses=policy.metrics.undecided == "refuse",
    )


def _margins(name: str, figure: Figure, bounds: Metrics) -> Iterator[_Margin]:
    value, low, high = figure.value, figure.low or 0.0, figure.high or 0.0
    sign = ""
    if name == "bias":  # as bad below zero as above
        has_zero = low <= 0 <= high
        low, high = 0.0 if has_zero else min(abs(low), abs(high)), max(abs(low), abs(high))
        value, sign = abs(value), "±"
    if name in bounds.at_least:
        least = bounds.at_least[name]
        yield _Margin(f"≥ {sign}{least:g}", low - least, high - least, value - least)
    if name in bounds.at_most:
        most = bounds.at_most[name]
        yield _Margin(f"≤ {sign}{most:g}", most - high, most - low, most - value)


def shown(figure: Figure) -> str:
    """Return a metric with its interval as text: `0.931 (0.902 to 0.957)`."""
    if figure.low is None or figure.high is None:
        return digits(figure.value)
    return f"{digits(figure.value)} ({digits(figure.low)} to {digits(figure.high)})"
