"""When a candidate may be released without a person: one table of what speaks against it, asked line by line.

Forward is where a mistake meets callers, so doubt is a reason: a comparison that was not decided, a warning on it, a
version of unknown descent. A candidate is judged against the release that it would replace, not against an older one.
"""

from collections.abc import Callable

import msgspec

from fairlead.journal.records import Release
from fairlead.model.compatibility import compare
from fairlead.model.manifest import Manifest

CHAMPION = "champion"
"""The gate's check that compares a candidate with the live version."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a candidate and of what it would replace.

    `champion` is the manifest of the live version, None where live holds another model or none. `descends` says whether
    the candidate's chain of digests leads to it, `busy` what keeps live from moving now, `tried` whether the candidate
    was released before, or somebody tried to.
    """

    candidate: Manifest
    live: Release
    champion: Manifest | None
    descends: bool
    busy: str
    tried: bool
    retired: bool


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to release: `rule` names the line of the table that speaks against it, empty where none does."""

    release: bool
    rule: str
    why: str


def decide(facts: Facts) -> Decision:
    """Return the first line of the table that speaks against the candidate, or that it may be released."""
    for rule, objection in TABLE:
        if why := objection(facts):
            return Decision(release=False, rule=rule, why=why)
    return Decision(release=True, rule="", why=f"it passed the gate beside {facts.live}")


def _live_already(facts: Facts) -> str:
    same = (facts.live.model, facts.live.version) == (facts.candidate.model, facts.candidate.version)
    return f"it is live already, as release {facts.live.release}" if same else ""


def _another_model(facts: Facts) -> str:
    return "" if facts.live.model == facts.candidate.model else f"live is {facts.live}"


def _retired(facts: Facts) -> str:
    return "it was retired" if facts.retired else ""


def _tried(facts: Facts) -> str:
    return "it was released before, or somebody tried to" if facts.tried else ""


def _moved_on(facts: Facts) -> str:
    if facts.descends and facts.candidate.version > facts.live.version:
        return ""
    return f"live is {facts.live}, and it does not descend from that"


def _compared_with_another(facts: Facts) -> str:
    before = facts.candidate.champion
    if before == facts.live.version:
        return ""
    return f"it was compared with {f'version {before}' if before else 'no version'}, and live is {facts.live}"


def _gate(facts: Facts) -> str:
    candidate = facts.candidate
    if candidate.forced:
        return f"the gate refused it, and {candidate.forced.by} published it all the same"
    if not candidate.findings or not candidate.policy:
        return "its manifest holds no findings of the gate"
    refused = next((one for one in candidate.findings if one.refuses or one.verdict == "fail"), None)
    return f"the gate refused it: {refused.check}, {refused.finding}" if refused else ""


def _comparison(facts: Facts) -> str:
    found = [one for one in facts.candidate.findings if one.check == CHAMPION]
    doubtful = next((one for one in found if one.verdict != "pass"), None)
    if doubtful:
        return (
            f"the comparison with the live version is {doubtful.verdict}: {doubtful.finding} {doubtful.figure}".strip()
        )
    return "" if found else "it was not compared with the live version"


def _contract(facts: Facts) -> str:
    if facts.champion is None:
        return "the live version's signature is not known"
    differences = compare(facts.champion.signature, facts.candidate.signature)
    breaking = [one.what for one in differences if one.kind == "breaking"]
    return f"it breaks the contract with callers: {'; '.join(breaking)}" if breaking else ""


def _engine(facts: Facts) -> str:
    candidate = facts.candidate
    if candidate.engine.name != "onnx":
        return f"its engine is {candidate.engine.name}, which unpickles an estimator"
    return "" if candidate.parity else "its engine's answers were not proved"


def _busy(facts: Facts) -> str:
    return facts.busy


TABLE: tuple[tuple[str, Callable[[Facts], str]], ...] = (
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
