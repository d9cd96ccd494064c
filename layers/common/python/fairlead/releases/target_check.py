"""Preconditions of a release that live goes back to: not retired, able to cold start, answering with its own model."""

from collections.abc import Callable

from fairlead.aws.lambda_function import PredictFunction
from fairlead.errors import ReleaseError
from fairlead.model.release import Release
from fairlead.registry.store import Registry
from fairlead.releases import cold_start
from fairlead.releases.context import Progress, ToleratedFailures, refuse_retired
from fairlead.releases.health_check import prove


def require_serving(
    function: PredictFunction,
    registry: Registry,
    target: Release,
    failures: ToleratedFailures,
    *,
    instead: Callable[[], str],
    progress: Progress,
    sleep: Callable[[float], None],
) -> None:
    """Raise ReleaseError unless live may go to a release; `instead` returns the hint if it cannot cold start.

    Without a readable registry its health check decides alone, and `failures` reports that.
    """
    with failures.tolerate(f"it is unknown whether {target} was retired"):
        refuse_retired(registry, target.model or "", target.version)
    with failures.tolerate(f"it is unknown whether {target} can cold start; its health check decides alone"):
        if why := cold_start.obstacle(registry, target):
            raise ReleaseError(f"{target} cannot cold start: {why}", hint=instead())
    prove(function, target.release, target.digest, progress=progress, sleep=sleep)
