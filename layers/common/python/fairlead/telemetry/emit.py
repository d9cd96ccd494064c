"""What predict says about itself: one structured log line and a few metrics for every request.

Powertools' Logger and Metrics (CloudWatch embedded metric format), used as their documentation teaches. Of request
bodies and answers only what capture is set to keep is logged, by `captured` alone.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from fairlead.errors import FairleadError
from fairlead.settings import Serving


def _json(document: dict[str, Any]) -> str:
    """A log line with msgspec: several times quicker than the json module, on every request."""
    try:
        return msgspec.json.encode(document, enc_hook=str).decode()
    except (UnicodeError, OverflowError):  # half of a surrogate pair, an integer beyond 64 bits: in an error's text
        return json.dumps(document, default=str)


JUDGED = frozenset({"Requests", "Errors5xx"})
"""What alarms judge a release by, beside `Latency`: few, because every release makes new CloudWatch metrics of them."""


class Figures(AmazonCloudWatchEMFProvider):
    """Powertools' metrics, of which some also exist by release: those of calls that judge it (`judged`)."""

    release = ""
    version = 0
    judged: frozenset[str] = frozenset()

    def serialize_metric_set(self, *args: Any, **kwargs: Any) -> Any:
        """Add a directive of our own: Powertools gives all of a document's metrics the same sets of dimensions."""
        document: dict[str, Any] = dict(super().serialize_metric_set(*args, **kwargs))
        directives = document["_aws"]["CloudWatchMetrics"]
        judged = [metric for metric in directives[0]["Metrics"] if metric["Name"] in self.judged]
        if self.release and judged:
            # By release for the canary's alarms, by neither release nor version for those of live.
            dimensions = [["service", "release"], ["service"]]
            directives.append({"Namespace": self.namespace, "Dimensions": dimensions, "Metrics": judged})
            document["release"] = self.release
        return document


# Lambda's JSON log takes every logger's INFO, at which botocore tells of each client where its credentials came from.
logging.getLogger("botocore").setLevel(logging.WARNING)

logger = Logger(json_serializer=_json)
figures = Figures()
metrics = Metrics(provider=figures)


def identify(settings: Serving) -> None:
    """Put the frozen model and version on every metric of this process, and the release on those that judge it."""
    figures.release, figures.version = settings.release, settings.version
    metrics.set_default_dimensions(model=settings.model or "none", version=str(settings.version))
    logger.append_keys(model=settings.model, version=settings.version)


def load_failed(failure: FairleadError) -> None:
    """Say why no model is loaded; callers only learn the code."""
    logger.error("model not loaded", reason=str(failure), code=failure.code)


def captured(lines: Iterable[str]) -> None:
    """Log what capture keeps of a request, past the logger: these lines are records for the feedback loop."""
    for line in lines:
        print(line)  # noqa: T201 - standard output is Lambda's log


def counted(counts: Mapping[str, int]) -> None:
    """Put counts among the metrics, zeros too: a metric that is there and zero is not one that is missing."""
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)


def gauged(values: Mapping[str, float], dimensions: Mapping[str, str], *, counts: frozenset[str]) -> None:
    """Write gauges at once, as a line of their own under these dimensions beside `service`; `counts` names counts."""
    if not values:
        return
    provider = AmazonCloudWatchEMFProvider()
    provider.set_default_dimensions(**dimensions)  # and `service`, which Powertools adds
    for name, value in values.items():
        provider.add_metric(name, MetricUnit.Count if name in counts else MetricUnit.NoUnit, value)
    provider.flush_metrics()


def answered(*, route: str, status: int, milliseconds: float, facts: dict[str, Any], from_caller: bool) -> None:
    """Record one request: `facts` are `rows`, `out_of_range` (share, 0–1) and `code` of an error, where known.

    `version` is among them where one was to answer: the live one, or the one the caller pinned. A request judges the
    release if it is `from_caller` and another version was not pinned; its latency only if it was answered 2xx.
    """
    judging = from_caller and facts.get("version", figures.version) == figures.version
    figures.judged = (JUDGED | {"Latency"} if status < 300 else JUDGED) if judging else frozenset()
    if "version" in facts:
        # Until the metrics are flushed; add_dimension would warn of what is meant here.
        figures.dimension_set["version"] = str(facts["version"])
    logger.info("request answered", route=route, status=status, latency_ms=round(milliseconds, 3), **facts)
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    metrics.add_metric("Latency", MetricUnit.Milliseconds, milliseconds)
    if status >= 400:
        metrics.add_metric("Errors4xx" if status < 500 else "Errors5xx", MetricUnit.Count, 1)
    if "rows" in facts:
        metrics.add_metric("Rows", MetricUnit.Count, facts["rows"])
        metrics.add_metric("OutOfRangeShare", MetricUnit.NoUnit, facts["out_of_range"])
    if facts.get("code") == "model_unavailable":
        metrics.add_metric("ModelUnavailable", MetricUnit.Count, 1)
