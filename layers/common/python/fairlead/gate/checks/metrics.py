"""The held-out figures with their intervals; bounds are compared with the interval, not the point."""

import msgspec

from fairlead.gate import figures
from fairlead.gate.evidence import Evidence
from fairlead.gate.figures import Figure
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import rows_needed
from fairlead.gate.policy import Policy

NAME = "metrics"
FEW_ROWS = 30


def metrics(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding a figure, and one for each bound of the policy that no figure meets."""
    rows = evidence.held_out
    measured = figures.measure(rows, evidence.predicted, evidence.signature.output, confidence=policy.confidence)
    if not measured:
        return [skipped(NAME, "held-out figures", "the rows have no target or the answers are no predictions of it")]
    findings = [_finding(name, figure, rows.count, policy) for name, figure in measured.items()]
    absent = sorted((policy.metrics.at_least.keys() | policy.metrics.at_most.keys()) - measured.keys())
    findings += [
        failed(NAME, name, detail="the policy bounds a figure that this model does not have") for name in absent
    ]
    if rows.count < FEW_ROWS:
        findings.append(warned(NAME, "held-out rows", figure=f"{rows.count}", threshold=f"≥ {FEW_ROWS}"))
    return findings


def _finding(name: str, figure: Figure, rows: int, policy: Policy) -> Finding:
    found = _judged(name, figure, rows, policy)
    bounds = {} if figure.low is None or figure.high is None else {"low": figure.low, "high": figure.high}
    return msgspec.structs.replace(found, figure=shown(figure), figures={"value": figure.value, **bounds})


def _judged(name: str, figure: Figure, rows: int, policy: Policy) -> Finding:
    least, most = policy.metrics.at_least.get(name), policy.metrics.at_most.get(name)
    if least is None and most is None:
        return passed(NAME, name)
    threshold = " and ".join(
        [f"≥ {least:g}"] * (least is not None)
        + [f"≤ {most:g}" if name != "bias" else f"|bias| ≤ {most:g}"] * (most is not None)
    )
    if figure.low is None or figure.high is None:
        return failed(NAME, name, threshold=threshold, detail="no interval could be computed")
    room = _room(name, figure, least, most)
    inside, outside = room
    if inside >= 0:
        return passed(NAME, name, threshold=threshold)
    if outside < 0:
        return failed(NAME, name, threshold=threshold, detail="the whole interval lies outside")
    return _undecided(name, figure, rows, threshold, policy, _distance(name, figure, least, most))


def _room(name: str, figure: Figure, least: float | None, most: float | None) -> tuple[float, float]:
    """How far the worse end of the interval lies inside the bounds, and the better end."""
    low, high = figure.low or 0.0, figure.high or 0.0
    if name == "bias":
        worst, best = max(abs(low), abs(high)), 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        low, high = (worst, best) if most is None else (best, worst)
    rooms = [(low - least, high - least)] * (least is not None) + [(most - high, most - low)] * (most is not None)  # type: ignore[operator]  # not None where used
    return min(inside for inside, _ in rooms), min(outside for _, outside in rooms)


def _distance(name: str, figure: Figure, least: float | None, most: float | None) -> float:
    value = abs(figure.value) if name == "bias" else figure.value
    return min([value - least] * (least is not None) + [most - value] * (most is not None))  # type: ignore[operator]  # not None where used


def _undecided(name: str, figure: Figure, rows: int, threshold: str, policy: Policy, distance: float) -> Finding:
    needed = rows_needed(rows, figure.standard_error, distance, confidence=policy.confidence)
    more = f"about {needed:,} rows would decide" if needed else "more rows are unlikely to help"
    return Finding(
        check=NAME,
        finding=name,
        verdict="inconclusive",
        threshold=threshold,
        detail=f"the interval straddles the bound; {more}",
        refuses=policy.metrics.undecided == "refuse",
    )


def shown(figure: Figure) -> str:
    """Word a figure: `0.931 (0.902 to 0.957)`."""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.4g}"
    return f"{figure.value:.4g} ({figure.low:.4g} to {figure.high:.4g})"
