"""Findings of a trial's checks. The gate's own helpers are not used here: they import numpy, which the hook lacks."""

from typing import Any

from fairlead.model.manifest import Finding


def passed(check: str, finding: str, **facts: Any) -> Finding:
    """Return a finding of a check that passed."""
    return Finding(check=check, finding=finding, verdict="pass", **facts)


def failed(check: str, finding: str, **facts: Any) -> Finding:
    """Return a finding that refuses the release."""
    return Finding(check=check, finding=finding, verdict="fail", refuses=True, **facts)


def warned(check: str, finding: str, **facts: Any) -> Finding:
    """Return a warning, which does not refuse the release."""
    return Finding(check=check, finding=finding, verdict="warn", **facts)


def inconclusive(check: str, finding: str, **facts: Any) -> Finding:
    """Return a finding of a check that could not run, for a reason outside the release."""
    return Finding(check=check, finding=finding, verdict="inconclusive", **facts)


def skipped(check: str, finding: str, **facts: Any) -> Finding:
    """Return a finding of a check that does not apply."""
    return Finding(check=check, finding=finding, verdict="not applicable", **facts)
