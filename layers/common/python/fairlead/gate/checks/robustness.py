"""Robustness check: unusual values get a finite answer, and answers do not depend on row order or batch size."""

from fairlead.gate.evidence import Evidence, Probe
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.policy import Policy

NAME = "robustness"
QUESTIONS = {
    "missing": "missing values where they are allowed",
    "unseen category": "categories never seen",
    "extreme": "numbers ten ranges outside",
    "far extreme": "numbers a million ranges outside",
    "row order": "answers do not depend on the order of rows",
    "batch size": "answers do not depend on the size of the batch",
}
EVERYWHERE = (
    "; let the estimator answer every row: a larger radius or KNeighbors… in place of RadiusNeighbors…, "
    "else a step that clips the inputs"
)
ADVICE = {"extreme": EVERYWHERE, "far extreme": EVERYWHERE}
"""The advice for an estimator that gives no finite answer to a kind of probe."""
LISTED = 5


def robustness(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding for each kind of probe, with the inputs that got no finite answer or a different one."""
    if evidence.probes is None:
        return [skipped(NAME, "probes", "the engine was not probed")]
    return [_finding(kind, words, evidence.probes, policy) for kind, words in QUESTIONS.items()]


def _finding(kind: str, words: str, probes: tuple[Probe, ...], policy: Policy) -> Finding:
    tried = [probe for probe in probes if probe.kind == kind]
    if not tried:
        return skipped(NAME, words, "the signature has no such input")
    trouble = [probe for probe in tried if probe.broken or probe.changed]
    questions = sum(probe.rows for probe in tried)
    if not trouble:
        return passed(NAME, words, figure="0 answers", threshold="0", detail=f"{questions:,} questions")
    broken, changed = sum(probe.broken for probe in trouble), sum(probe.changed for probe in trouble)
    figure = " and ".join([f"{broken:,} broken"] * (broken > 0) + [f"{changed:,} changed"] * (changed > 0))
    where = ", ".join(probe.field or "all inputs" for probe in trouble[:LISTED])
    more = f" and {len(trouble) - LISTED} more" if len(trouble) > LISTED else ""
    example = next((f": {probe.example}" for probe in trouble if probe.example), "")
    figure, detail = f"{figure} of {questions:,}", f"{where}{more}{example}"
    if kind in policy.robustness.warn_only:
        return warned(NAME, words, figure=figure, threshold="0", detail=detail)
    advice = ADVICE.get(kind, "") if broken else ""
    detail += f'{advice} (policy: robustness.warn_only = ["{kind}"] only warns)'
    return failed(NAME, words, figure=figure, threshold="0", detail=detail)
