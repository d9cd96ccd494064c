"""The rules against an automatic release of a candidate; a doubtful candidate is never released."""

from typing import Any

import msgspec
import pytest

from fairlead.automation.candidates import CandidateFacts, candidate_of, decide
from fairlead.automation.candidates.release_rules import TABLE
from fairlead.errors import SettingsError
from fairlead.model.manifest import Engine, Finding, Forced, Manifest
from fairlead.model.release import Release
from fairlead.model.signature import Field
from tests.manifests import build, passing

LIVE = Release(release="4", model="churn", version=3, digest="sha256:a", code_sha256="", modified="")
BESIDE = Finding(check="champion", finding="log_loss against version 3", verdict="warn", figure="-0.2")
UNDECIDED = Finding(check="champion", finding="accuracy against version 3", verdict="inconclusive")
REFUSED = Finding(check="leakage", finding="duplicates", verdict="fail", refuses=True)


def candidate(**changes: Any) -> Manifest:
    return msgspec.structs.replace(passing(4, None, champion=3), **changes)


def facts(manifest: Manifest | None = None, **changes: Any) -> CandidateFacts:
    """A candidate that nothing speaks against."""
    usual = CandidateFacts(
        candidate=manifest or candidate(), live=LIVE, champion=build(3, None), descends=True, busy="", tried=False,
        retired=False,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **changes)


def live(**changes: Any) -> Release:
    return msgspec.structs.replace(LIVE, **changes)


def found(*more: Finding) -> Manifest:
    return candidate(findings=(*candidate().findings, *more))


def signature(**changes: Any) -> Manifest:
    return candidate(signature=msgspec.structs.replace(candidate().signature, **changes))


ADDED = Field(name="age", kind="number", nullable=True)
WANTED = Field(name="age", kind="number")


def test_candidate_that_passed_against_the_live_version_may_be_released() -> None:
    decision = decide(facts())
    assert (decision.release, decision.rule) == (True, "")
    assert "release 4" in decision.why


def test_an_additive_signature_may_be_released() -> None:
    assert decide(facts(signature(inputs=(*candidate().signature.inputs, ADDED)))).release


CASES = [
    (facts(live=live(version=4)), "live already", "as release 4"),
    (facts(live=live(model="penguins")), "another model", "penguins"),
    (facts(live=live(model=None, version=0)), "another model", "no model"),
    (facts(retired=True), "retired", "retired"),
    (facts(tried=True), "tried before", "released before"),
    (facts(descends=False), "moved on", "does not descend"),
    (facts(live=live(version=9)), "moved on", "version 9"),
    (facts(candidate(champion=2)), "compared with another", "version 2"),
    (facts(candidate(champion=None)), "compared with another", "no version"),
    (facts(candidate(forced=Forced(by="ada", reason="hurry"))), "gate", "ada"),
    (facts(candidate(findings=())), "gate", "no findings"),
    (facts(candidate(policy="")), "gate", "no findings"),
    (facts(found(REFUSED)), "gate", "duplicates"),
    (facts(found(UNDECIDED)), "comparison", "inconclusive"),
    (facts(found(BESIDE)), "comparison", "log_loss"),
    (facts(candidate(findings=candidate().findings[1:])), "comparison", "not compared"),
    (facts(champion=None), "contract", "unknown"),
    (facts(signature(inputs=(*candidate().signature.inputs, WANTED))), "contract", "'age' is new and required"),
    (facts(candidate(engine=Engine(name="sklearn", blob="estimator"))), "engine", "sklearn"),
    (facts(candidate(parity=None)), "engine", "no proof of parity"),
    (facts(busy="deployment d-1 is running"), "busy", "d-1"),
]


@pytest.mark.parametrize(("known", "rule", "said"), CASES, ids=[f"{case[1]}: {case[2]}" for case in CASES])
def test_a_rule_against_a_candidate_leaves_it_to_operators(known: CandidateFacts, rule: str, said: str) -> None:
    decision = decide(known)
    assert (decision.release, decision.rule) == (False, rule)
    assert said in decision.why


def test_every_line_of_the_table_can_speak() -> None:
    assert {rule for _, rule, _ in CASES} == {rule for rule, _ in TABLE}


EVENT = {"model": "churn", "version": 4, "digest": "sha256:b", "reason": "drift"}


def test_event_becomes_a_candidate() -> None:
    order = candidate_of(EVENT, request="r1")
    assert (order.model, order.version, order.digest, order.reason, order.request) == (*EVENT.values(), "r1")


@pytest.mark.parametrize("change", [{"model": None}, {"version": "4"}, {"digest": 1}, {"reason": 5}])
def test_other_events_are_not_candidates(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="does not name a candidate"):
        candidate_of(EVENT | change, request="r1")
