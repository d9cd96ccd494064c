"""What PutMetricAlarm and PutCompositeAlarm accept, checked as CloudWatch checks it."""

import re
from collections.abc import Callable
from typing import Any

from fairlead_local.cloudwatch.metric_queries import Query, Source, check_period, invalid, read
from fairlead_local.cloudwatch.metric_store import Metric
from fairlead_local.cloudwatch.statistics import OF, check_statistic
from fairlead_local.errors import ServiceError

COMMON = {
    "ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "InsufficientDataActions", "OKActions", "Tags",
}  # fmt: skip
SINGLE = {"Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit"}
METRIC = COMMON | SINGLE | {
    "ComparisonOperator", "DatapointsToAlarm", "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "Metrics",
    "Threshold", "TreatMissingData",
}  # fmt: skip
COMPOSITE = COMMON | {"AlarmRule"}
MISSING = ("missing", "ignore", "breaching", "notBreaching")
OPERATORS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda value, threshold: value >= threshold),
    "GreaterThanThreshold": ("greater than", lambda value, threshold: value > threshold),
    "LessThanThreshold": ("less than", lambda value, threshold: value < threshold),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, threshold: value <= threshold),
}
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
ACTION = re.compile(r"arn:aws:(lambda:[^:]+:\d+:function:[\w$-]+(:[\w$-]+)?|sns:[^:]+:\d+:[\w.-]+)")
MATH_LIMIT = 10  # metrics in one alarm
DAY, WEEK, HOUR = 86_400, 604_800, 3_600


def check_composite(asked: dict[str, Any]) -> dict[str, Any]:
    """The settings to keep; raises ServiceError."""
    _check_known("PutCompositeAlarm", asked, COMPOSITE)
    return _common(asked)


def check_metric(asked: dict[str, Any]) -> tuple[dict[str, Any], list[Query]]:
    """The settings to keep, and what to query; raises ServiceError."""
    _check_known("PutMetricAlarm", asked, METRIC)
    for required in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if asked.get(required) is None:
            raise invalid(f"The parameter {required} is required for an alarm on a static threshold")
    if asked["ComparisonOperator"] not in OPERATORS:
        raise invalid(f"{asked['ComparisonOperator']} needs an anomaly detection band")
    if asked.get("TreatMissingData", "missing") not in MISSING:
        raise invalid(f"The value {asked['TreatMissingData']} for parameter TreatMissingData is not one of {MISSING}")
    if asked.get("DatapointsToAlarm", 1) > asked["EvaluationPeriods"]:
        raise invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    queries = _several(asked) if asked.get("Metrics") else [_single(asked)]
    _check_span(queries, asked["EvaluationPeriods"])
    return _common(asked), queries


def _check_known(operation: str, asked: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(asked) - known)
    if unknown:
        message = f"the local cloud does not implement {operation} with {', '.join(unknown)}"
        raise ServiceError("NotImplemented", message, status=501)


def _common(asked: dict[str, Any]) -> dict[str, Any]:
    for kind in ACTIONS:
        for action in asked.get(kind) or []:
            if not ACTION.fullmatch(action):
                raise invalid(f"Invalid arn syntax, or no Lambda function or SNS topic: {action}")
    kept = {name: value for name, value in asked.items() if name != "Tags"}
    return {"ActionsEnabled": True, **{kind: [] for kind in ACTIONS}, **kept}


def _single(asked: dict[str, Any]) -> Query:
    for required in ("MetricName", "Namespace", "Period"):
        if not asked.get(required):
            raise invalid(f"The parameter {required} is required for an alarm on one metric")
    if bool(asked.get("Statistic")) == bool(asked.get("ExtendedStatistic")):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be given")
    if asked.get("Statistic") and asked["Statistic"] not in OF:
        raise invalid(f"The value {asked['Statistic']} for parameter Statistic is not supported")
    stat = asked.get("Statistic") or asked["ExtendedStatistic"]
    check_statistic(stat)
    check_period(asked["Period"])
    metric = Metric.of(asked["Namespace"], asked["MetricName"], asked.get("Dimensions") or [])
    return Query("m1", Source(metric, asked["Period"], stat, asked.get("Unit")), label=metric.name)


def _several(asked: dict[str, Any]) -> list[Query]:
    both = sorted(SINGLE & {name for name, value in asked.items() if value})
    if both:
        raise invalid(f"Metrics cannot be given together with {', '.join(both)}")
    queries = read(asked["Metrics"])
    if sum(query.returned for query in queries) != 1:
        raise invalid("Exactly one element of the metrics list should return data.")
    sources = [query.source for query in queries if query.source]
    if not sources or len(sources) > MATH_LIMIT:
        raise invalid(f"An alarm watches 1 to {MATH_LIMIT} metrics, not {len(sources)}")
    if len({source.period for source in sources}) != 1:
        raise invalid("All metrics of an alarm must have the same period")
    return queries


def _check_span(queries: list[Query], periods: int) -> None:
    period = next(query.source.period for query in queries if query.source)
    limit = WEEK if period >= HOUR else DAY
    if period * periods > limit:
        raise invalid(f"Metrics cannot be checked across more than {limit} seconds (EvaluationPeriods * Period)")
