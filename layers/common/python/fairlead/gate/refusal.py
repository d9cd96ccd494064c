"""The refusal: which checks failed, in one line; the whole verdict is kept beside it."""

from fairlead.errors import RefusedError
from fairlead.gate.findings import Finding, Verdict

MOST_NAMED = 4
HINT = 'look into what failed, or publish all the same with --force --reason "…", which stays on record for ever'
BREAKING = "if callers know and are ready, publish with --allow-breaking"


class GateError(RefusedError):
    """The gate refuses the version: `verdict` has every finding."""

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
    threshold = f" (asked: {finding.threshold})" if finding.threshold else ""
    verdict = ", inconclusive" if finding.verdict == "inconclusive" else ""
    return f"{finding.check}: {finding.finding}{figure}{threshold}{verdict}"
