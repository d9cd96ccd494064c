"""Latency checks: a warm call with one row, and the cold start of an environment."""

from collections.abc import Sequence

from fairlead.api import predictions
from fairlead.aws.release_client import ReleaseReply
from fairlead.client.batches import batches
from fairlead.model.golden import Golden
from fairlead.model.manifest import Finding
from fairlead.verification.trial.findings import failed, inconclusive, passed
from fairlead.verification.trial.target import Subject

WARM_CALLS = 5


def latency(subject: Subject, golden: Golden, budget: float) -> Finding:
    """Compare a warm call with one row with its budget in milliseconds.

    The figure is the best of WARM_CALLS calls: other load only makes calls slower, and the canary alarm watches the
    tail. It is the runtime's own duration, which leaves out the network. If that cannot be read, it is the round trip,
    which is not shorter.
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

    No start is forced: that needs concurrent calls, and an account may have only ten environments for all its callers.
    The runtime reports a start only with an environment's first call, which has mostly happened by now. So the
    environment also reports its own start time. The figure is the best of the reported starts: a version's very first
    start also fetches its layers.
    """
    threshold = f"at most {budget:g} ms"
    took = min(subject.starts, default=subject.own_start)
    if took is None:
        detail = "neither the runtime nor the environment reported the duration of a start"
        return inconclusive("cold start", "no start was observed", threshold=threshold, detail=detail)
    make = passed if took <= budget else failed
    return make(
        "cold start",
        "a new environment",
        figure=f"{took:.0f} ms",
        threshold=threshold,
        detail=f"best of {len(subject.starts)} reported" if subject.starts else "reported by the environment itself",
        figures={"milliseconds": took, "budget": budget},
    )


def _body(subject: Subject, golden: Golden, rows: int) -> bytes:
    """Return a request body of this many golden rows, at most as many as one call may have."""
    wanted: Sequence[tuple[object, ...]] = (golden.rows * (rows // len(golden.rows) + 1))[:rows]
    first, *_ = batches(predictions.instances(subject.facts.signature, wanted), most_rows=subject.most_rows)
    return first.body()


def _took(reply: ReleaseReply) -> float:
    return reply.round_trip_ms if reply.duration_ms is None else reply.duration_ms
