"""What Lambda and API Gateway themselves report: the namespaces AWS/Lambda and AWS/ApiGateway.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.metric_store import Metric, MetricStore

Dimensions = tuple[tuple[str, str], ...]


class ServiceMetrics:
    """Writes the metrics of invocations and of API calls, dated when they began."""

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
        """An invocation that ran; `executed` is the version, if an alias was asked for."""
        for dimensions in _of_function(function, qualifier, executed):
            self._one("AWS/Lambda", "Invocations", dimensions, at, 1.0)
            self._one("AWS/Lambda", "Errors", dimensions, at, float(failed))
            self._one("AWS/Lambda", "Throttles", dimensions, at, 0.0)
            self._one("AWS/Lambda", "Duration", dimensions, at, milliseconds, "Milliseconds")

    def throttled(self, function: str, qualifier: str | None, executed: str | None, *, at: float) -> None:
        """An invocation that was refused; it counts as nothing else."""
        for dimensions in _of_function(function, qualifier, executed):
            self._one("AWS/Lambda", "Throttles", dimensions, at, 1.0)

    def asynchronous(
        self, name: str, function: str, qualifier: str | None, value: float = 1.0, unit: str = "Count"
    ) -> None:
        """A metric of asynchronous invocations, dated now."""
        for dimensions in _of_function(function, qualifier, None):
            self._one("AWS/Lambda", name, dimensions, self.now(), value, unit)

    def called(self, api: str, stage: str, *, at: float, status: int, milliseconds: float) -> None:
        """A request to an API's stage and its answer."""
        for dimensions in ((("ApiName", api),), (("ApiName", api), ("Stage", stage))):
            self._one("AWS/ApiGateway", "Count", dimensions, at, 1.0)
            self._one("AWS/ApiGateway", "4XXError", dimensions, at, float(400 <= status < 500))
            self._one("AWS/ApiGateway", "5XXError", dimensions, at, float(status >= 500))
            self._one("AWS/ApiGateway", "Latency", dimensions, at, milliseconds, "Milliseconds")

    def _one(
        self, namespace: str, name: str, dimensions: Dimensions, at: float, value: float, unit: str = "Count"
    ) -> None:
        self._store.one(Metric(namespace, name, tuple(sorted(dimensions))), at, value, unit)


def _of_function(function: str, qualifier: str | None, executed: str | None) -> list[Dimensions]:
    """Of the account, the function, the function or alias or version called, and the version that an alias chose."""
    name = ("FunctionName", function)
    resource = ("Resource", f"{function}:{qualifier}" if qualifier else function)
    sets: list[Dimensions] = [(), (name,), (name, resource)]
    return [*sets, (name, resource, ("ExecutedVersion", executed))] if executed else sets
