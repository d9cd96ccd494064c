"""Contract check: whether the new signature breaks callers of the live version."""

from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.policy import Policy
from fairlead.model.compatibility import compare

NAME = "contract"


def contract(evidence: Evidence, policy: Policy) -> list[Finding]:  # noqa: ARG001 - every check has this shape
    """Return a finding that is identical, additive or breaking, and one a difference with what callers must change."""
    if evidence.champion is None:
        return [skipped(NAME, "against the live version", evidence.no_champion)]
    words = f"against version {evidence.champion.version}"
    chosen = f"it is {evidence.champion.chosen}" if evidence.champion.chosen else ""
    differences = compare(evidence.champion.signature, evidence.signature)
    breaking = [difference for difference in differences if difference.kind == "breaking"]
    if not differences:
        return [passed(NAME, words, figure="identical", threshold="no breaking difference", detail=chosen)]
    facts = {"figure": "additive", "threshold": "no breaking difference"}
    lines = [passed(NAME, one.what, figure="additive") for one in differences if one.kind == "additive"]
    if not breaking:
        return [passed(NAME, words, **facts, detail="old requests stay valid"), *lines]
    make = warned if evidence.allow_breaking else failed
    facts["figure"] = f"{len(breaking)} breaking"
    permission = "allowed by --allow-breaking" if evidence.allow_breaking else "--allow-breaking publishes it anyway"
    broken = [make(NAME, one.what, figure="breaking", detail=f"callers must: {one.change}") for one in breaking]
    return [make(NAME, words, **facts, detail=permission), *broken, *lines]
