"""The automatic response to an alarm: one table from facts to an action and the rule that chose it.

The response can only roll back or retrain, never release. Missing data never triggers an action. Each action needs a
minimum sample and a cool-down time, and names its rule. A rollback needs evidence that the older release is better.
Technically: the live release is fresh, and the older one worked. By quality: both answered the same recent labelled
rows, and the older one was right more often. Under drift an older model is usually worse.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

Cause = Literal["errors", "latency", "throttles", "quality", "drift", "other"]
Action = Literal["roll back", "retrain", "nothing"]
Verdict = Literal["better", "worse", "not yet decided"]

HOUR = 3600.0


class ResponseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the policy. Times are in seconds."""

    fresh: float = 24 * HOUR
    """The time for which a release counts as fresh: a technical fault in this time is attributed to it."""
    settle: float = 15 * 60.0
    """No action for so long after a deployment or rollback ended: alarm windows still hold the time before."""
    cool_down: float = 12 * HOUR
    """Minimum time between two retrainings."""
    fewest_requests: int = 50
    fewest_labelled: int = 200
    error_share: float = 0.05
    latency_ms: float = 1000.0
    """Thresholds of the error and latency alarms; the live release's own figures must exceed them too."""


class AlarmFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about an alarm and the releases. Ages are in seconds; None is "never" or "unknown".

    `requests`, `labelled`, `error_share` (0–1) and `latency_ms` are the live release's own in the alarm's window.
    `previous_answers` is whether a release to go back to exists, answers and can cold start. `previous_compared` is its
    comparison with the live one on the same labelled rows.
    """

    cause: Cause
    standing: bool
    live_for: float | None
    deploying: bool
    since_move: float | None
    since_retraining: float | None
    requests: int | None
    error_share: float | None
    latency_ms: float | None
    labelled: int | None
    previous_answers: bool
    previous_compared: Verdict | None
    obstacle: str = ""
    """The reason why live may not go back to the release before, for the operator; empty if nothing is known."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The action and its reason: `rule` names the line of the table, `why` is a message for the operator."""

    action: Action
    rule: str
    why: str


def decide(facts: AlarmFacts, terms: ResponseTerms) -> Decision:
    """Return the decision of the first line of the table that applies; the last line always applies."""
    return next(Decision(action=action, rule=rule, why=why) for rule, fits, action, why in TABLE if fits(facts, terms))


Line = tuple[str, Callable[[AlarmFacts, ResponseTerms], bool], Action, str]


def _within(age: float | None, limit: float) -> bool:
    return age is not None and age < limit


def _too_few(count: int | None, fewest: int) -> bool:
    return count is None or count < fewest


def _shown(facts: AlarmFacts, terms: ResponseTerms) -> bool:
    """Return whether live's own calls confirm the alarm, which counts all calls to the alias, a canary's too."""
    if facts.cause == "errors":
        return facts.error_share is not None and facts.error_share > terms.error_share
    return facts.latency_ms is not None and facts.latency_ms > terms.latency_ms


TECHNICAL = frozenset({"errors", "latency"})
LEARNABLE = frozenset({"quality", "drift"})

TABLE: tuple[Line, ...] = (
    ("over", lambda f, _: not f.standing, "nothing", "the alarm is over"),
    ("deploying", lambda f, _: f.deploying, "nothing", "a deployment is running, and its own alarms protect it"),
    (
        "settling",
        lambda f, t: _within(f.since_move, t.settle) and not (f.cause in TECHNICAL and _within(f.live_for, t.settle)),
        "nothing",
        "live moved a short time ago: the alarm's window may still hold the time before",
    ),
    (
        "too few requests",
        lambda f, t: f.cause in TECHNICAL and _too_few(f.requests, t.fewest_requests),
        "nothing",
        "too few requests to blame the release",
    ),
    (
        "not live's own",
        lambda f, t: f.cause in TECHNICAL and not _shown(f, t),
        "nothing",
        "the live release's own calls do not confirm the alarm: another release caused it, or it is over",
    ),
    (
        "fresh release broke",
        lambda f, t: f.cause in TECHNICAL and _within(f.live_for, t.fresh) and f.previous_answers,
        "roll back",
        "the live release is fresh and fails technically, and the release before it answers",
    ),
    (
        "nothing to go back to",
        lambda f, t: f.cause in TECHNICAL and _within(f.live_for, t.fresh),
        "nothing",
        "the live release is fresh and fails, but no earlier one answers and can cold start: the operator must act",
    ),
    (
        "old release broke",
        lambda f, _: f.cause in TECHNICAL,
        "nothing",
        "the release worked for long, so its environment changed, for older ones too: the operator must act",
    ),
    (
        "too few outcomes",
        lambda f, t: f.cause in LEARNABLE and _too_few(f.labelled, t.fewest_labelled),
        "nothing",
        "too few outcomes are known to compare or retrain: report more, or check the drift yourself",
    ),
    (
        "previous is better",
        lambda f, _: f.cause == "quality" and f.previous_compared == "better" and f.previous_answers,
        "roll back",
        "the release before it was right more often on the same recent rows",
    ),
    (
        "cooling down",
        lambda f, t: f.cause in LEARNABLE and _within(f.since_retraining, t.cool_down),
        "nothing",
        "a retraining was started within the cool-down time",
    ),
    (
        "learn",
        lambda f, _: f.cause in LEARNABLE,
        "retrain",
        "quality or inputs changed, and there are outcomes to retrain on",
    ),
    ("people", lambda _f, _t: True, "nothing", "no automatic rule covers this alarm: the operator must act"),
)
