"""How long the release makes a caller wait: with one row when warm, and when an environment has to start."""

from collections.abc import Sequence

from fairlead.api import predictions
from fairlead.api.client import batches
from fairlead.aws.release_client import Reply
from fairlead.model.golden import Golden
from fairlead.model.manifest import Finding
from fairlead.verification.trial.findings import failed, inconclusive, passed
from fairlead.verification.trial.target import Subject

WARM_CALLS = 5


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


def cold_start(subject: Subject, budget: float) -> Finding:
    """Compare the start of an environment with its budget in milliseconds.

    No start is forced: that takes calls at once, and an account may have ten environments for all its callers. The
    runtime reports a start with an environment's first call, which is mostly over; so the environment also says how
    long it took itself. The best of what was reported: a version's very first start also fetches its layers.
    """
    threshold = f"at most {budget:g} ms"
    took = min(subject.starts, default=subject.own_start)
    if took is None:
        detail = "the runtime reported no start, and the environment does not say how long its own took"
        return inconclusive("cold start", "no start was seen", threshold=threshold, detail=detail)
    make = passed if took <= budget else failed
    return make(
        "cold start",
        "a new environment",
        figure=f"{took:.0f} ms",
        threshold=threshold,
        detail=f"best of {len(subject.starts)} reported" if subject.starts else "as the environment that answers says",
        figures={"milliseconds": took, "budget": budget},
    )


def _body(subject: Subject, golden: Golden, rows: int) -> bytes:
    """A body of this many golden rows, or as many as one call may have."""
    wanted: Sequence[tuple[object, ...]] = (golden.rows * (rows // len(golden.rows) + 1))[:rows]
    [(_, body), *_] = batches(predictions.instances(subject.facts.signature, wanted), most_rows=subject.most_rows)
    return body


def _took(reply: Reply) -> float:
    return reply.round_trip_ms if reply.duration_ms is None else reply.duration_ms
