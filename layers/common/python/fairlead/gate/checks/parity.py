"""Parity check: the certificate that the engine's answers equal the estimator's."""

from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, failed, passed, skipped
from fairlead.gate.policy import Policy

NAME = "parity"


def parity(evidence: Evidence, policy: Policy) -> list[Finding]:  # noqa: ARG001 - every check has this shape
    """Return the certificate as a finding; the sklearn engine runs the estimator itself and needs none."""
    engine, certificate = evidence.engine, evidence.parity
    if engine is None:
        return [skipped(NAME, "engine", "no engine was chosen")]
    if certificate is None and engine.name == "sklearn":
        return [skipped(NAME, "engine", f"the estimator itself serves: {engine.reason or 'sklearn was asked for'}")]
    if certificate is None:
        return [failed(NAME, "certificate", detail=f"engine {engine.name} has no parity certificate")]
    words = {
        "figure": f"{certificate.label_differences} labels differ, {certificate.largest_difference:.2g} at most",
        "threshold": f"no label, {certificate.tolerance:.2g}",
        "detail": f"{certificate.rows:,} rows, {certificate.boundary_rows:,} of them beside thresholds and edges",
    }
    if certificate.label_differences or certificate.largest_difference > certificate.tolerance:
        return [failed(NAME, "engine answers as the estimator", **words)]
    return [passed(NAME, "engine answers as the estimator", **words)]
