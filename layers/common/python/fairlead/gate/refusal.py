"""The error that refuses a version: one line with the checks that failed, and the whole verdict."""

from fairlead.errors import RefusedError
from fairlead.gate.findings import Finding, Verdict

MOST_NAMED = 4
HINT = 'correct the failed checks, or publish anyway with --force --reason "…"; the manifest keeps the reason'
BREAKING = "if all callers are ready for the change, publish with --allow-breaking"


class GateError(RefusedError):
    """The gate refuses the version; `verdict` has all findings."""

    code = "gate"

    def __init__(self, verdict: Verdict) -> None:
        refused = verdict.refused
        named = "; ".join(_named(finding) for finding in refused[:MOST_NAMED])
        more = f"; and {len(refused) - MOST_NAMED} more" if len(refused) > MOST_NAMED else ""
        only_contract = {finding.check for finding in refused} == {"contract"}
        super().__init__(
            f"the gate refuses this version: {named}{more}",
            findings=verdict.findings,
            hint=BREAKING if only_contract else HINT,
        )
        self.verdict = verdict


def _named(finding: Finding) -> str:
    figure = f" {finding.figure}" if finding.figure else ""
    threshold = f" (required: {finding.threshold})" if finding.threshold else ""
    verdict = ", inconclusive" if finding.verdict == "inconclusive" else ""
    return f"{finding.check}: {finding.finding}{figure}{threshold}{verdict}"
