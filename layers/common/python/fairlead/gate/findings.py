"""Findings: what each check found, in words the table, the report and the manifest share."""

from typing import Literal

import msgspec

from fairlead.model.manifest import Decision, Finding, Metric

__all__ = ["Decision", "Finding", "Verdict", "failed", "passed", "skipped", "warned"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's whole answer: every finding, the metrics with intervals, and the digest of the policy that judged."""

    verdict: Literal["pass", "warn", "fail"]
    findings: tuple[Finding, ...]
    metrics: dict[str, Metric]
    policy: str

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that refuse the version; none means it may be published."""
        return tuple(finding for finding in self.findings if finding.refuses)


def passed(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, finding=finding, verdict="pass", figure=figure, threshold=threshold, detail=detail)


def warned(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that a person should read and that refuses nothing."""
    return Finding(check=check, finding=finding, verdict="warn", figure=figure, threshold=threshold, detail=detail)


def failed(check: str, finding: str, *, figure: str = "", threshold: str = "", detail: str = "") -> Finding:
    """Return a finding that refuses the version."""
    return Finding(
        check=check, finding=finding, verdict="fail", figure=figure, threshold=threshold, detail=detail, refuses=True
    )


def skipped(check: str, finding: str, detail: str) -> Finding:
    """Return a finding that the check had nothing to look at, and why."""
    return Finding(check=check, finding=finding, verdict="not applicable", detail=detail)
