"""The gate's entry point: it runs every check, applies the policy's severities and returns one verdict."""

import msgspec

from fairlead.gate.checks import CHECKS
from fairlead.gate.checks.metric_bounds import metrics
from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, Verdict, skipped
from fairlead.gate.policy import Policy
from fairlead.model.manifest import Metric


def judge(evidence: Evidence, policy: Policy) -> Verdict:
    """Run every check and return the verdict.

    Raises SettingsError if the policy names an input that the model does not have.
    """
    measured = metrics(evidence, policy)  # a version keeps its metrics even if the policy turns their check off
    findings = tuple(finding for family in CHECKS for finding in _run(family, evidence, policy, measured))
    refused = any(finding.refuses for finding in findings)
    doubtful = any(finding.verdict in {"warn", "fail", "inconclusive"} for finding in findings)
    return Verdict(
        verdict="fail" if refused else "warn" if doubtful else "pass",
        findings=findings,
        metrics={one.finding: _metric(one) for one in measured if "value" in one.figures},
        policy=policy.digest(),
    )


def _run(family: str, evidence: Evidence, policy: Policy, measured: list[Finding]) -> list[Finding]:
    severity = policy.checks.get(family, "fail")
    if severity == "off":
        return [skipped(family, family, "turned off by the policy")]
    found = measured if family == "metrics" else CHECKS[family](evidence, policy)
    return found if severity == "fail" else [_softened(finding) for finding in found]


def _softened(finding: Finding) -> Finding:
    if not finding.refuses:
        return finding
    verdict = "warn" if finding.verdict == "fail" else finding.verdict
    return msgspec.structs.replace(finding, verdict=verdict, refuses=False)


def _metric(finding: Finding) -> Metric:
    figures = finding.figures
    return Metric(value=figures["value"], low=figures.get("low"), high=figures.get("high"))
