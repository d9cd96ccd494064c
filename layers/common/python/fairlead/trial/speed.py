"""How long the release makes a caller wait: with one row when warm, and when an environment has to start."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fairlead import wire
from fairlead.asking import BusyError, Reply
from fairlead.calling import batches
from fairlead.golden import Golden
from fairlead.manifest import Finding
from fairlead.trial.findings import failed, inconclusive, passed
from fairlead.trial.subject import Subject

WARM_CALLS = 5
CROWDS = (2, 4, 8)  # calls at once
LONG_CALL = 500  # rows


def latency(subject: Subject, golden: Golden, budget: float) -> Finding:
    """Compare a warm call with one row with its budget in milliseconds.

    The best of a few calls: what the machine's other work adds only ever makes one slower, and the tail is what the
    canary's alarm watches. The runtime's own figure, because the way from here to there is not the release's; where it
    cannot be read, the round trip, which is no shorter.
    """
    replies = [subject.call(_body(subject, golden, 1)) for _ in range(WARM_CALLS)]
    warm = [reply for reply in replies if reply.init_ms is None] or replies
    milliseconds = min(_took(reply) for reply in warm)
    source = "by the runtime's report" if warm[0].duration_ms is not None else "with the round trip"
    make = passed if milliseconds <= budget else failed
    return make(
        "latency",
        "one row, warm",
        figure=f"{milliseconds:.1f} ms",
        threshold=f"at most {budget:g} ms",
        detail=f"best of {len(warm)} calls, {source}",
        figures={"milliseconds": milliseconds, "budget": budget},
    )


def cold_start(subject: Subject, golden: Golden, budget: float) -> Finding:
    """Compare the start of a new environment with its budget in milliseconds.

    An environment serves one call at a time, so calls made at once force another one: long ones, and more of them where
    two did not overlap. The best of the starts that were seen: a version's very first one also fetches its layers.
    """
    body = _body(subject, golden, LONG_CALL)
    for crowd in CROWDS:
        _ask_at_once(subject, body, crowd)
        if subject.starts:
            break
    threshold = f"at most {budget:g} ms"
    if not subject.starts:
        detail = f"{CROWDS[-1]} calls at once were answered by warm environments"
        return inconclusive("cold start", "no start was seen", threshold=threshold, detail=detail)
    milliseconds = min(subject.starts)
    make = passed if milliseconds <= budget else failed
    return make(
        "cold start",
        "a new environment",
        figure=f"{milliseconds:.0f} ms",
        threshold=threshold,
        detail=f"best of {len(subject.starts)} seen",
        figures={"milliseconds": milliseconds, "budget": budget},
    )


def _ask_at_once(subject: Subject, body: bytes, crowd: int) -> None:
    with ThreadPoolExecutor(crowd) as pool:
        calls = [pool.submit(subject.call, body) for _ in range(crowd)]
    errors = [error for error in (call.exception() for call in calls) if error]
    for error in errors:
        if not isinstance(error, BusyError):
            raise error


def _body(subject: Subject, golden: Golden, rows: int) -> bytes:
    """A body of this many golden rows, or as many as one call may have."""
    wanted: Sequence[tuple[object, ...]] = (golden.rows * (rows // len(golden.rows) + 1))[:rows]
    [(_, body), *_] = batches(wire.instances(subject.facts.signature, wanted), most_rows=subject.most_rows)
    return body


def _took(reply: Reply) -> float:
    return reply.round_trip_ms if reply.duration_ms is None else reply.duration_ms
