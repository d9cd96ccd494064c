"""Budget check: the engine's size, memory and CPU time in a fresh process against the policy's limits."""

from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, failed, passed, skipped
from fairlead.gate.policy import Policy
from fairlead.model.digits import digits

NAME = "budget"
MEGABYTE = 1 << 20


def budget(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding for each cost, and one on whether the fresh process gave the golden answers."""
    spent, limits = evidence.budget, policy.budget
    if spent is None:
        return [skipped(NAME, "costs", "the engine was not measured")]
    findings = [_within("artifact", spent.artifact_bytes / MEGABYTE, limits.artifact_mb, "MB")]
    if spent.failure:
        return [*findings, failed(NAME, "a fresh process loads and answers", detail=spent.failure)]
    findings += [
        _within("memory", spent.memory_bytes / MEGABYTE, limits.memory_mb, "MB"),
        _within("cold load", spent.cold_load_ms, limits.cold_load_ms, "ms"),
        _within("one row", spent.one_row_ms, limits.one_row_ms, "ms"),
        _within("100 rows", spent.hundred_rows_ms, limits.hundred_rows_ms, "ms"),
    ]
    if spent.golden is None:
        return findings
    words = "a fresh process gives the golden answers"
    return [*findings, passed(NAME, words) if spent.golden else failed(NAME, words)]


def _within(name: str, spent: float, limit: float, unit: str) -> Finding:
    make = passed if spent <= limit else failed
    return make(NAME, name, figure=f"{digits(spent, 3)} {unit}", threshold=f"≤ {limit:g} {unit}")
