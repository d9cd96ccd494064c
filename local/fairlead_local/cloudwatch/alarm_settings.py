"""CloudWatch's checks of the parameters of PutMetricAlarm and PutCompositeAlarm."""

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


def check_composite(params: dict[str, Any]) -> dict[str, Any]:
    """Return the settings to keep; raises ServiceError."""
    _check_known("PutCompositeAlarm", params, COMPOSITE)
    return _common(params)


def check_metric(params: dict[str, Any]) -> tuple[dict[str, Any], list[Query]]:
    """Return the settings to keep and the queries; raises ServiceError."""
    _check_known("PutMetricAlarm", params, METRIC)
    for required in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if params.get(required) is None:
            raise invalid(f"The parameter {required} is required for an alarm on a static threshold")
    if params["ComparisonOperator"] not in OPERATORS:
        raise invalid(f"{params['ComparisonOperator']} needs an anomaly detection band")
    if params.get("TreatMissingData", "missing") not in MISSING:
        raise invalid(f"The value {params['TreatMissingData']} for parameter TreatMissingData is not one of {MISSING}")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    queries = _several(params) if params.get("Metrics") else [_single(params)]
    _check_span(queries, params["EvaluationPeriods"])
    return _common(params), queries


def _check_known(operation: str, params: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(params) - known)
    if unknown:
        message = f"the local cloud does not support {operation} with {', '.join(unknown)}"
        raise ServiceError("NotImplemented", message, status=501)


def _common(params: dict[str, Any]) -> dict[str, Any]:
    for kind in ACTIONS:
        for action in params.get(kind) or []:
            if not ACTION.fullmatch(action):
                raise invalid(f"Invalid arn syntax, or no Lambda function or SNS topic: {action}")
    kept = {name: value for name, value in params.items() if name != "Tags"}
    return {"ActionsEnabled": True, **{kind: [] for kind in ACTIONS}, **kept}


def _single(params: dict[str, Any]) -> Query:
    for required in ("MetricName", "Namespace", "Period"):
        if not params.get(required):
            raise invalid(f"The parameter {required} is required for an alarm on one metric")
    if bool(params.get("Statistic")) == bool(params.get("ExtendedStatistic")):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be given")
    if params.get("Statistic") and params["Statistic"] not in OF:
        raise invalid(f"The value {params['Statistic']} for parameter Statistic is not supported")
    stat = params.get("Statistic") or params["ExtendedStatistic"]
    check_statistic(stat)
    check_period(params["Period"])
    metric = Metric.of(params["Namespace"], params["MetricName"], params.get("Dimensions") or [])
    return Query("m1", Source(metric, params["Period"], stat, params.get("Unit")), label=metric.name)


def _several(params: dict[str, Any]) -> list[Query]:
    both = sorted(SINGLE & {name for name, value in params.items() if value})
    if both:
        raise invalid(f"Metrics cannot be given together with {', '.join(both)}")
    queries = read(params["Metrics"])
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
