"""Cross-validation check: how much metrics vary over folds, and whether the held-out metrics agree with them."""

import statistics

import msgspec

from fairlead.gate import metrics
from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, passed, skipped, warned
from fairlead.gate.policy import Policy
from fairlead.model.digits import digits

NAME = "cross_validation"


def cross_validation(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding per metric, with mean and spread over folds; it warns if the held-out metric is far off."""
    folds = evidence.folds
    if folds is None:
        return [skipped(NAME, "folds", "not asked for (--cv)")]
    measured = metrics.measure(
        evidence.held_out,
        evidence.predicted,
        evidence.signature.output,
        confidence=policy.confidence,
        loss=evidence.loss,
    )
    findings = []
    for name, values in folds.figures.items():
        mean, spread = statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0
        found = passed(NAME, name, detail=f"{len(values)} folds, {folds.how}")
        held_out = measured.get(name)
        if held_out is not None:
            error = (held_out.standard_error**2 + spread**2) ** 0.5
            away = abs(held_out.value - mean) / error if error > 0 else 0.0
            if away > policy.cross_validation.largest_gap:
                detail = f"the held-out value, {digits(held_out.value)}, lies {away:.1f} standard errors away"
                found = warned(NAME, name, detail=f"{found.detail}; {detail}")
        findings.append(
            msgspec.structs.replace(
                found,
                figure=f"{digits(mean)} ± {digits(spread, 2)}",
                threshold=f"within {policy.cross_validation.largest_gap:g} standard errors",
                figures={"mean": mean, "standard_deviation": spread, "least": min(values), "most": max(values)},
            )
        )
    return findings
