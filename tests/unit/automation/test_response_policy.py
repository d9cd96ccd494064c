"""The table of decisions: what never happens whatever the facts, and what each line is for."""

import itertools
from typing import Any

import msgspec
import pytest

from fairlead.automation.response_policy import TABLE, AlarmFacts, ResponseTerms, decide

TERMS = ResponseTerms()
HOUR = 3600.0


def facts(**changes: Any) -> AlarmFacts:
    """A release of six hours that fails, with everything known and a release before it that answers."""
    usual = AlarmFacts(
        cause="errors", standing=True, live_for=6 * HOUR, deploying=False, since_move=6 * HOUR, since_retraining=None,
        requests=5_000, error_share=0.5, latency_ms=5_000.0, labelled=1_000, previous_answers=True,
        previous_compared=None,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **changes)


@pytest.mark.parametrize(
    ("changes", "action", "rule"),
    [
        ({}, "roll back", "fresh release broke"),
        ({"cause": "latency"}, "roll back", "fresh release broke"),
        ({"live_for": 60.0, "since_move": 60.0}, "roll back", "fresh release broke"),
        ({"standing": False}, "nothing", "over"),
        ({"deploying": True}, "nothing", "deploying"),
        ({"since_move": 60.0}, "nothing", "settling"),
        ({"requests": 10}, "nothing", "too few requests"),
        ({"error_share": 0.05}, "nothing", "not live's own"),
        ({"error_share": None}, "nothing", "not live's own"),
        ({"error_share": 0.051, "latency_ms": None}, "roll back", "fresh release broke"),
        ({"cause": "latency", "latency_ms": 1_000.0}, "nothing", "not live's own"),
        ({"cause": "latency", "latency_ms": None}, "nothing", "not live's own"),
        ({"cause": "latency", "latency_ms": 1_001.0, "error_share": None}, "roll back", "fresh release broke"),
        ({"previous_answers": False}, "nothing", "nothing to go back to"),
        ({"live_for": 100 * HOUR}, "nothing", "old release broke"),
        ({"cause": "throttles"}, "nothing", "people"),
        ({"cause": "other"}, "nothing", "people"),
        ({"cause": "quality"}, "retrain", "learn"),
        ({"cause": "quality", "previous_compared": "better"}, "roll back", "previous is better"),
        ({"cause": "quality", "previous_compared": "worse"}, "retrain", "learn"),
        ({"cause": "quality", "previous_compared": "not yet decided"}, "retrain", "learn"),
        ({"cause": "quality", "since_retraining": HOUR}, "nothing", "cooling down"),
        (
            {"cause": "quality", "since_retraining": HOUR, "previous_compared": "better"},
            "roll back",
            "previous is better",
        ),
        ({"cause": "quality", "labelled": 12, "previous_compared": "better"}, "nothing", "too few outcomes"),
        ({"cause": "drift"}, "retrain", "learn"),
        ({"cause": "drift", "previous_compared": "better"}, "retrain", "learn"),
        ({"cause": "drift", "labelled": 0}, "nothing", "too few outcomes"),
    ],
)
def test_each_rule_applies_to_its_case(changes: dict[str, Any], action: str, rule: str) -> None:
    decision = decide(facts(**changes), TERMS)
    assert (decision.action, decision.rule) == (action, rule)


OWN = [(None, None, None), (10, 0.5, 5_000.0), (5_000, 0.01, 20.0), (5_000, 0.5, 5_000.0)]
"""Calls, share of errors and latency of live."""


@pytest.fixture(scope="module")
def everything() -> list[AlarmFacts]:
    """All combinations of facts."""
    return [
        msgspec.convert(
            dict(zip(AlarmFacts.__struct_fields__, (*before, *own, labelled, answers, compared, ""), strict=True)),
            AlarmFacts,
        )
        for *before, own, labelled, answers, compared in itertools.product(
            ["errors", "latency", "throttles", "quality", "drift", "other"],
            [True, False],
            [None, 60.0, 6 * HOUR, 100 * HOUR],
            [True, False],
            [None, 60.0, 6 * HOUR],
            [None, HOUR, 100 * HOUR],
            OWN,
            [None, 10, 1_000],
            [True, False],
            [None, "better", "worse", "not yet decided"],
        )
    ]


def test_missing_facts_trigger_no_action(everything: list[AlarmFacts]) -> None:
    for one in everything:
        action = decide(one, TERMS).action
        if one.cause in {"errors", "latency"} and (one.requests is None or one.live_for is None):
            assert action == "nothing"
        if one.cause in {"quality", "drift"} and one.labelled is None:
            assert action == "nothing"


def test_rollback_needs_a_release_that_answers_and_is_known_to_be_better(everything: list[AlarmFacts]) -> None:
    for one in everything:
        if decide(one, TERMS).action == "roll back":
            assert one.standing
            assert one.previous_answers
            assert not one.deploying
            assert one.cause in {"errors", "latency"} or one.previous_compared == "better"
            assert one.cause == "quality" or one.error_share == 0.5, "live's own calls must have failed"


def test_it_never_trains_twice_within_the_cool_down(everything: list[AlarmFacts]) -> None:
    for one in everything:
        if one.since_retraining == HOUR:
            assert decide(one, TERMS).action != "retrain"


def test_every_line_can_speak(everything: list[AlarmFacts]) -> None:
    assert {decide(one, TERMS).rule for one in everything} == {line[0] for line in TABLE}
