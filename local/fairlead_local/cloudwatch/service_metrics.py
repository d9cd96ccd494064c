"""The metrics of Lambda and API Gateway: the namespaces AWS/Lambda and AWS/ApiGateway.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.metric_store import Metric, MetricStore

Dimensions = tuple[tuple[str, str], ...]


class ServiceMetrics:
    """Stores the metrics of invocations and API requests at their start time."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self.now = clock.now

    def invoked(
        self,
        function: str,
        qualifier: str | None,
        executed: str | None,
        *,
        at: float,
        failed: bool,
        milliseconds: float,
    ) -> None:
        """Count an invocation that ran; `executed` is the version if an alias was called."""
        for dimensions in _of_function(function, qualifier, executed):
            self._one("AWS/Lambda", "Invocations", dimensions, at, 1.0)
            self._one("AWS/Lambda", "Errors", dimensions, at, float(failed))
            self._one("AWS/Lambda", "Throttles", dimensions, at, 0.0)
            self._one("AWS/Lambda", "Duration", dimensions, at, milliseconds, "Milliseconds")

    def throttled(self, function: str, qualifier: str | None, executed: str | None, *, at: float) -> None:
        """Count an invocation that was throttled."""
        for dimensions in _of_function(function, qualifier, executed):
            self._one("AWS/Lambda", "Throttles", dimensions, at, 1.0)

    def asynchronous(
        self, name: str, function: str, qualifier: str | None, value: float = 1.0, unit: str = "Count"
    ) -> None:
        """Store a metric of asynchronous invocations at the present time."""
        for dimensions in _of_function(function, qualifier, None):
            self._one("AWS/Lambda", name, dimensions, self.now(), value, unit)

    def called(self, api: str, stage: str, *, at: float, status: int, milliseconds: float) -> None:
        """Count a request to an API's stage."""
        for dimensions in ((("ApiName", api),), (("ApiName", api), ("Stage", stage))):
            self._one("AWS/ApiGateway", "Count", dimensions, at, 1.0)
            self._one("AWS/ApiGateway", "4XXError", dimensions, at, float(400 <= status < 500))
            self._one("AWS/ApiGateway", "5XXError", dimensions, at, float(status >= 500))
            self._one("AWS/ApiGateway", "Latency", dimensions, at, milliseconds, "Milliseconds")

    def _one(
        self, namespace: str, name: str, dimensions: Dimensions, at: float, value: float, unit: str = "Count"
    ) -> None:
        self._store.add_value(Metric(namespace, name, tuple(sorted(dimensions))), at, value, unit)


def _of_function(function: str, qualifier: str | None, executed: str | None) -> list[Dimensions]:
    """Return the dimension sets: account, function, called resource, and the version that an alias chose."""
    name = ("FunctionName", function)
    resource = ("Resource", f"{function}:{qualifier}" if qualifier else function)
    sets: list[Dimensions] = [(), (name,), (name, resource)]
    return [*sets, (name, resource, ("ExecutedVersion", executed))] if executed else sets
