"""The rules for releasing a candidate automatically: one table of objections, checked in order.

A wrong release affects callers, so doubt is an objection: an undecided comparison, a warning on it, a version that does
not descend from the live one. A candidate is compared with the release that it would replace, not with an older one.
"""

from collections.abc import Callable

import msgspec

from fairlead.model.compatibility import compare
from fairlead.model.manifest import Manifest
from fairlead.model.release import Release

CHAMPION = "champion"
"""The gate's check that compares a candidate with the live version."""


class CandidateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a candidate and the release that it would replace.

    `champion` is the manifest of the live version, None if live holds another model or none. `descends` is whether the
    candidate's lineage contains that version. `busy` is why live cannot move now, empty if it can. `tried` is whether
    the candidate was released before, or a release was attempted.
    """

    candidate: Manifest
    live: Release
    champion: Manifest | None
    descends: bool
    busy: str
    tried: bool
    retired: bool


class ReleaseDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to release; `rule` names the line of the table with the objection, empty without one."""

    release: bool
    rule: str
    why: str


def decide(facts: CandidateFacts) -> ReleaseDecision:
    """Return the first objection of the table, or that the candidate may be released."""
    for rule, objection in TABLE:
        if why := objection(facts):
            return ReleaseDecision(release=False, rule=rule, why=why)
    return ReleaseDecision(release=True, rule="", why=f"it passed the gate beside {facts.live}")


def _live_already(facts: CandidateFacts) -> str:
    same = (facts.live.model, facts.live.version) == (facts.candidate.model, facts.candidate.version)
    return f"it is live already, as release {facts.live.release}" if same else ""


def _another_model(facts: CandidateFacts) -> str:
    return "" if facts.live.model == facts.candidate.model else f"live is {facts.live}"


def _retired(facts: CandidateFacts) -> str:
    return "it was retired" if facts.retired else ""


def _tried(facts: CandidateFacts) -> str:
    return "it was released before, or a release was attempted" if facts.tried else ""


def _moved_on(facts: CandidateFacts) -> str:
    if facts.descends and facts.candidate.version > facts.live.version:
        return ""
    return f"it does not descend from the live version: live is {facts.live}"


def _compared_with_another(facts: CandidateFacts) -> str:
    before = facts.candidate.champion
    if before == facts.live.version:
        return ""
    return f"it was compared with {f'version {before}' if before else 'no version'}, and live is {facts.live}"


def _gate(facts: CandidateFacts) -> str:
    candidate = facts.candidate
    if candidate.forced:
        return f"the gate refused it, and {candidate.forced.by} forced its publication"
    if not candidate.findings or not candidate.policy:
        return "its manifest has no findings of the gate"
    refused = next((one for one in candidate.findings if one.refuses or one.verdict == "fail"), None)
    return f"the gate refused it: {refused.check}, {refused.finding}" if refused else ""


def _comparison(facts: CandidateFacts) -> str:
    found = [one for one in facts.candidate.findings if one.check == CHAMPION]
    doubtful = next((one for one in found if one.verdict != "pass"), None)
    if doubtful:
        return (
            f"the comparison with the live version is {doubtful.verdict}: {doubtful.finding} {doubtful.figure}".strip()
        )
    return "" if found else "it was not compared with the live version"


def _contract(facts: CandidateFacts) -> str:
    if facts.champion is None:
        return "the live version's signature is unknown"
    differences = compare(facts.champion.signature, facts.candidate.signature)
    breaking = [one.what for one in differences if one.kind == "breaking"]
    return f"it breaks the contract with callers: {'; '.join(breaking)}" if breaking else ""


def _engine(facts: CandidateFacts) -> str:
    candidate = facts.candidate
    if candidate.engine.name != "onnx":
        return f"its engine is {candidate.engine.name}; without an operator, only graphs (onnx) are released"
    return "" if candidate.parity else "its engine has no proof of parity"


def _busy(facts: CandidateFacts) -> str:
    return facts.busy


TABLE: tuple[tuple[str, Callable[[CandidateFacts], str]], ...] = (
    ("live already", _live_already),
    ("another model", _another_model),
    ("retired", _retired),
    ("tried before", _tried),
    ("moved on", _moved_on),
    ("compared with another", _compared_with_another),
    ("gate", _gate),
    ("comparison", _comparison),
    ("contract", _contract),
    ("engine", _engine),
    ("busy", _busy),
)
