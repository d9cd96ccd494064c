"""Predict's logs and metrics: one structured log line and a few metrics for each request.

It uses Powertools' Logger and Metrics (CloudWatch embedded metric format). Request bodies and answers are logged by
`captured` alone, as far as capture is configured.
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
    """Encode a log line with msgspec, which is several times as fast as the json module."""
    try:
        return msgspec.json.encode(document, enc_hook=str).decode()
    except (UnicodeError, OverflowError):  # a lone surrogate or an integer beyond 64 bits in an error's text
        return json.dumps(document, default=str)


JUDGED = frozenset({"Requests", "Errors5xx"})
"""With `Latency`, the metrics by release, which alarms use. They are few: each release makes new CloudWatch metrics."""


class Figures(AmazonCloudWatchEMFProvider):
    """Powertools' metrics; those in `judged` are also written by release, for its alarms."""

    release = ""
    version = 0
    judged: frozenset[str] = frozenset()

    def serialize_metric_set(self, *args: Any, **kwargs: Any) -> Any:
        """Add a second directive: Powertools gives all metrics of a document the same dimensions."""
        document: dict[str, Any] = dict(super().serialize_metric_set(*args, **kwargs))
        directives = document["_aws"]["CloudWatchMetrics"]
        judged = [metric for metric in directives[0]["Metrics"] if metric["Name"] in self.judged]
        if self.release and judged:
            # By release for the canary's alarms, by neither release nor version for those of live.
            dimensions = [["service", "release"], ["service"]]
            directives.append({"Namespace": self.namespace, "Dimensions": dimensions, "Metrics": judged})
            document["release"] = self.release
        return document


# Lambda's JSON log includes every logger's INFO. Botocore logs there where each client's credentials come from.
logging.getLogger("botocore").setLevel(logging.WARNING)

logger = Logger(json_serializer=_json)
figures = Figures()
metrics = Metrics(provider=figures)


def identify(settings: Serving) -> None:
    """Set the frozen model and version as dimensions of every metric, and the release for the metrics in `judged`."""
    figures.release, figures.version = settings.release, settings.version
    metrics.set_default_dimensions(model=settings.model or "none", version=str(settings.version))
    logger.append_keys(model=settings.model, version=settings.version)


def load_failed(failure: FairleadError) -> None:
    """Log why no model is loaded; callers get only the code."""
    logger.error("model not loaded", reason=str(failure), code=failure.code)


def captured(lines: Iterable[str]) -> None:
    """Print captured lines without the logger: the feedback loop reads them as records."""
    for line in lines:
        print(line)  # noqa: T201 - standard output is Lambda's log


def counted(counts: Mapping[str, int]) -> None:
    """Add counts as metrics, zeros too: alarms tell zero from missing data."""
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)


def gauged(values: Mapping[str, float], dimensions: Mapping[str, str], *, counts: frozenset[str]) -> None:
    """Write gauges now, as one line with `dimensions` and `service`; names in `counts` have the unit Count."""
    if not values:
        return
    provider = AmazonCloudWatchEMFProvider()
    provider.set_default_dimensions(**dimensions)  # and `service`, which Powertools adds
    for name, value in values.items():
        provider.add_metric(name, MetricUnit.Count if name in counts else MetricUnit.NoUnit, value)
    provider.flush_metrics()


def answered(*, route: str, status: int, milliseconds: float, facts: dict[str, Any], from_caller: bool) -> None:
    """Log one request and add its metrics; `facts` may hold `rows`, `out_of_range` (share, 0–1), an error's `code`.

    `facts` also hold `version`, live or pinned, if a version was found. The metrics by release count a request that is
    `from_caller` and pins no other version; they count its latency only if it was answered 2xx.
    """
    judging = from_caller and facts.get("version", figures.version) == figures.version
    figures.judged = (JUDGED | {"Latency"} if status < 300 else JUDGED) if judging else frozenset()
    if "version" in facts:
        # It holds until the metrics are flushed. add_dimension would warn that the dimension is overwritten.
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
