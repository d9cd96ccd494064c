"""Findings of checks and the gate's verdict; the table, the report and the manifest show the same texts."""

from typing import Literal

import msgspec

from fairlead.model.manifest import Certificate, Decision, Engine, Finding, Metric

__all__ = ["Decision", "Finding", "Verdict", "failed", "passed", "skipped", "warned"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's result: all findings, the metrics with intervals, and the SHA-256 of the policy.

    `engine` is the one that was proved and would serve, with its certificate of parity if it is onnx.
    """

    verdict: Literal["pass", "warn", "fail"]
    findings: tuple[Finding, ...]
    metrics: dict[str, Metric]
    policy: str
    engine: Engine | None = None
    parity: Certificate | None = None

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that refuse the version; without any it may be published."""
        return tuple(finding for finding in self.findings if finding.refuses)


def passed(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that passes."""
    return Finding(check=check, finding=finding, verdict="pass", figure=figure, threshold=threshold, detail=detail)


def warned(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that warns and does not refuse the version."""
    return Finding(check=check, finding=finding, verdict="warn", figure=figure, threshold=threshold, detail=detail)


def failed(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that refuses the version."""
    return Finding(
        check=check, finding=finding, verdict="fail", figure=figure, threshold=threshold, detail=detail, refuses=True
    )


def skipped(check: str, finding: str, detail: str) -> Finding:
    """Return a finding that the check is not applicable, with the reason."""
    return Finding(check=check, finding=finding, verdict="not applicable", detail=detail)
