"""What the system does about an alarm by itself: one table, from facts to an action and the rule that chose it.

It can only go back or train anew, never forward; what is missing never triggers it; it wants a minimum of evidence,
leaves time between actions, and says which rule spoke. An older release is preferred only where it is known to be
better: technically, because the live one is fresh and the older one worked; by quality, because both answered the same
recent labelled rows and the older one was right more often. Under drift an older model is usually worse.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

Cause = Literal["errors", "latency", "throttles", "quality", "drift", "other"]
Action = Literal["roll back", "retrain", "nothing"]
Verdict = Literal["better", "worse", "not yet decided"]

HOUR = 3600.0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """When to act. Times in seconds."""

    fresh: float = 24 * HOUR
    """How long a release counts as fresh: so long a technical fault is laid at its door."""
    settle: float = 15 * 60.0
    """After a deployment or a rollback ended, nothing is done for so long: alarms still look at what was before."""
    cool_down: float = 12 * HOUR
    """Between two retrainings."""
    fewest_requests: int = 50
    fewest_labelled: int = 200
    error_share: float = 0.05
    latency_ms: float = 1000.0
    """What the alarms for errors and latency compare with: live's own figures must be beyond it too."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an alarm comes in. Ages are in seconds; None is "never" or "not known".

    `requests`, `labelled`, `error_share` (0–1) and `latency_ms` are the live release's own in the alarm's window.
    `previous_answers` is whether there is a release to go back to that answers and can start; `previous_compared` is
    it against the live one on the same labelled rows.
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
    """Why live may not go back to the release before, in words for people; empty where none is known."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do and why: `rule` names the line of the table, `why` is for people."""

    action: Action
    rule: str
    why: str


def decide(facts: Facts, terms: Terms) -> Decision:
    """Return the first line of the table that fits; the last always does."""
    return next(Decision(action=action, rule=rule, why=why) for rule, fits, action, why in TABLE if fits(facts, terms))


Line = tuple[str, Callable[[Facts, Terms], bool], Action, str]


def _within(age: float | None, limit: float) -> bool:
    return age is not None and age < limit


def _too_few(count: int | None, fewest: int) -> bool:
    return count is None or count < fewest


def _shown(facts: Facts, terms: Terms) -> bool:
    """Say whether live's own calls show what the alarm says; the alarm sees all calls to the alias, of a canary too."""
    if facts.cause == "errors":
        return facts.error_share is not None and facts.error_share > terms.error_share
    return facts.latency_ms is not None and facts.latency_ms > terms.latency_ms


TECHNICAL = frozenset({"errors", "latency"})
LEARNABLE = frozenset({"quality", "drift"})

TABLE: tuple[Line, ...] = (
    ("over", lambda f, _: not f.standing, "nothing", "the alarm is over"),
    ("deploying", lambda f, _: f.deploying, "nothing", "a deployment is running and has alarms of its own"),
    (
        "settling",
        lambda f, t: _within(f.since_move, t.settle) and not (f.cause in TECHNICAL and _within(f.live_for, t.settle)),
        "nothing",
        "live has only just moved: the alarm may still look at what was before",
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
        "the calls that the live release answered itself do not show it: another release's did, or it is over",
    ),
    (
        "fresh release broke",
        lambda f, t: f.cause in TECHNICAL and _within(f.live_for, t.fresh) and f.previous_answers,
        "roll back",
        "the release is fresh, fails technically, and the one before it answers",
    ),
    (
        "nothing to go back to",
        lambda f, t: f.cause in TECHNICAL and _within(f.live_for, t.fresh),
        "nothing",
        "the release is fresh and fails technically, but none before it answers and can start: people are needed",
    ),
    (
        "old release broke",
        lambda f, _: f.cause in TECHNICAL,
        "nothing",
        "the release worked for long, so its surroundings changed, and an older one meets the same: people are needed",
    ),
    (
        "too few outcomes",
        lambda f, t: f.cause in LEARNABLE and _too_few(f.labelled, t.fewest_labelled),
        "nothing",
        "too few outcomes are known to judge or to learn from: report more, or look at the drift yourself",
    ),
    (
        "previous is better",
        lambda f, _: f.cause == "quality" and f.previous_compared == "better" and f.previous_answers,
        "roll back",
        "the release before it is right more often on the same recent rows",
    ),
    (
        "cooling down",
        lambda f, t: f.cause in LEARNABLE and _within(f.since_retraining, t.cool_down),
        "nothing",
        "a retraining was started not long ago: its result comes first",
    ),
    (
        "learn",
        lambda f, _: f.cause in LEARNABLE,
        "retrain",
        "the world moved, and there are outcomes to learn from",
    ),
    ("people", lambda _f, _t: True, "nothing", "no rule of the system's own covers this: people are needed"),
)
