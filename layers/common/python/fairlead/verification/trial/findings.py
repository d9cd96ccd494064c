"""A check's outcome in words; beside the gate's, which come with numpy, that the verify function does without."""

from typing import Any

from fairlead.model.manifest import Finding


def passed(check: str, finding: str, **facts: Any) -> Finding:
    """The release is as it should be here."""
    return Finding(check=check, finding=finding, verdict="pass", **facts)


def failed(check: str, finding: str, **facts: Any) -> Finding:
    """No caller may reach this release."""
    return Finding(check=check, finding=finding, verdict="fail", refuses=True, **facts)


def warned(check: str, finding: str, **facts: Any) -> Finding:
    """Worth knowing, and known to who released it."""
    return Finding(check=check, finding=finding, verdict="warn", **facts)


def inconclusive(check: str, finding: str, **facts: Any) -> Finding:
    """It could not be checked, through no fault of the release."""
    return Finding(check=check, finding=finding, verdict="inconclusive", **facts)


def skipped(check: str, finding: str, **facts: Any) -> Finding:
    """There is nothing to check."""
    return Finding(check=check, finding=finding, verdict="not applicable", **facts)
