"""Logs and metrics of the functions: one line for each request, with its facts and its CloudWatch metrics.

The line is a document of CloudWatch's embedded metric format, which may have other members beside metrics. CloudWatch
bills by the byte of log and by the metric. Other lines are Powertools' Logger's. Request bodies and answers are logged
by `captured` alone, as far as capture is configured.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from aws_lambda_powertools import Logger

from fairlead.errors import FairleadError
from fairlead.settings import Serving

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Fairlead")
"""The stack's own (`Fairlead/<stack>`): stacks of one account and region would otherwise share metrics and alarms."""
JUDGED = frozenset({"Requests", "Errors5xx"})
"""With `Latency`, the metrics by release, which alarms use. They are few: each release makes new CloudWatch metrics."""
SERVICE: tuple[str, ...] = ("service",)


def _json(document: dict[str, Any]) -> str:
    """Encode a log line with msgspec, which is several times as fast as the json module."""
    try:
        return msgspec.json.encode(document, enc_hook=str).decode()
    except (UnicodeError, OverflowError):  # a lone surrogate or an integer beyond 64 bits in an error's text
        return json.dumps(document, default=_plain)


def _plain(value: Any) -> Any:
    return json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else str(value)


# Lambda's JSON log includes every logger's INFO. Botocore logs there where each client's credentials come from.
logging.getLogger("botocore").setLevel(logging.WARNING)

logger = Logger(json_serializer=_json)


class Process:
    """The model that this process serves, if any, and whether it has answered yet."""

    model = ""
    version = 0
    release = ""
    cold = True


process = Process()


class MetricGroup(NamedTuple):
    """Metrics by name, and the sets of dimensions in which each exists. The line's facts have their values."""

    values: Mapping[str, float]
    dimensions: tuple[tuple[str, ...], ...]


def identify(settings: Serving) -> None:
    """Put the model and version on this process's metrics and log lines, and the release on metrics for its alarms."""
    process.model, process.version, process.release = settings.model or "none", settings.version, settings.release
    logger.append_keys(model=settings.model, version=settings.version)


def load_failed(failure: FairleadError) -> None:
    """Log why no model is loaded; callers only get the error code."""
    logger.error("model not loaded", reason=str(failure), code=failure.code)


def captured(lines: Iterable[str]) -> None:
    """Write a request's captured lines to the log as they are, without the logger: the feedback function reads them."""
    for line in lines:
        print(line)  # noqa: T201 - standard output is Lambda's log


def counted(counts: Mapping[str, int]) -> None:
    """Write counts as metrics, in a line of their own; not those that are zero: CloudWatch would bill them too."""
    _write({}, MetricGroup({name: count for name, count in counts.items() if count}, (SERVICE,)))


def gauged(values: Mapping[str, float], dimensions: Mapping[str, str]) -> None:
    """Write gauges as metrics with these dimensions and `service`, in a line of their own."""
    _write(dimensions, MetricGroup(values, ((*SERVICE, *dimensions),)))


def answered(
    *,
    request: str,
    route: str,
    status: int,
    milliseconds: float,
    facts: Mapping[str, Any],
    counts: Mapping[str, int],
    from_caller: bool,
) -> None:
    """Log one request and its metrics, `counts` among them; `request` is Lambda's id of it.

    `facts` may have `version` (the live or the pinned one), `rows`, `out_of_range` (share of 0 to 1), an error's
    `code` and `cause`, and `explained`. The request counts for the release's alarms if it is `from_caller` and for the
    live version; its latency only with status 2xx. The time of an explained request is the metric ExplainLatency, which
    no alarm reads.
    """
    values = _measured(status, milliseconds, facts) | {name: count for name, count in counts.items() if count}
    line: dict[str, Any] = {"requestId": request, "route": route, "status": status}  # named as in Lambda's own lines
    line |= {name: facts[name] for name in ("code", "cause") if name in facts}
    own, judged = SERVICE, frozenset[str]()
    if process.model:
        version = facts.get("version", process.version)
        own = ("service", "model", "version")
        line |= {"model": process.model, "version": str(version)}
        if process.release and from_caller and version == process.version:
            judged = JUDGED | {"Latency"} if status < 300 else JUDGED
            line["release"] = process.release
    _write(
        {"message": "request answered", **line},
        # By release for the canary's alarms, by neither release nor version for those of live.
        MetricGroup(_some(values, judged), (own, ("service", "release"), SERVICE)),
        MetricGroup(_some(values, values.keys() - judged), (own,)),
    )
    process.cold = False


def _measured(status: int, milliseconds: float, facts: Mapping[str, Any]) -> dict[str, float]:
    latency = "ExplainLatency" if facts.get("explained") else "Latency"
    found: dict[str, float] = {"Requests": 1, latency: round(milliseconds, 3)}
    if status >= 400:
        found["Errors4xx" if status < 500 else "Errors5xx"] = 1
    if "rows" in facts:
        found |= {"Rows": facts["rows"], "OutOfRangeShare": facts["out_of_range"]}
    if facts.get("code") == "model_unavailable":
        found["ModelUnavailable"] = 1
    return found | {"ColdStart": 1} if process.cold else found


def _some(values: Mapping[str, float], names: Collection[str]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name in names}


@lru_cache(64)
def _directive(names: tuple[str, ...], dimensions: tuple[tuple[str, ...], ...]) -> msgspec.Raw:
    """Return the JSON of a directive, which is encoded once: requests of one kind have the same."""
    metrics = [{"Name": name} for name in names]
    return msgspec.Raw(msgspec.json.encode({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}))


def _write(facts: Mapping[str, Any], *groups: MetricGroup) -> None:
    """Write a line with these facts and metrics; nothing without a metric."""
    found = [group for group in groups if group.values]
    if not found:
        return
    now = datetime.now(UTC)
    directives = [_directive(tuple(group.values), group.dimensions) for group in found]
    line: dict[str, Any] = {
        "level": "INFO",
        # Lambda takes a line's own level and time only in this form.
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "service": logger.service,
        **facts,
        "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": directives},
    }
    for group in found:
        line |= group.values
    print(_json(line))  # noqa: T201 - standard output is Lambda's log
