"""The cost of a run of the suite, counted by the cloud's own metrics at list prices. AWS's bill comes a day later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead import prices
from tests.aws.deployed import Deployed

HOURS = 730
"""Of a month."""


def spent(stack: Deployed) -> str:
    """Return a sentence and a table: invocations, compute, API calls, log bytes, alarms of one hour."""
    if not stack.outputs:
        return "The stack was never deployed; nothing was counted."
    functions = _functions(stack)
    invocations = sum(_sum(stack, "AWS/Lambda", "Invocations", FunctionName=name) for name in functions)
    gigabyte_seconds = sum(
        _sum(stack, "AWS/Lambda", "Duration", FunctionName=name) / 1000 * memory / 1024
        for name, memory in functions.items()
    )
    gateway = _sum(stack, "AWS/ApiGateway", "Count", ApiName=stack.name)
    logged = _logged(stack)
    alarms = len(stack.cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{stack.name}-")["MetricAlarms"])
    lines = [
        ("invocations", invocations, invocations * prices.INVOCATION),
        ("gigabyte-seconds", gigabyte_seconds, gigabyte_seconds * prices.GIGABYTE_SECOND["x86_64"]),
        ("API calls", gateway, gateway * prices.API_REQUEST),
        ("gigabytes logged", logged / 1e9, logged * prices.LOG_BYTE),
        ("alarms, an hour each", alarms, alarms * prices.ALARM_METRIC / HOURS),
    ]
    total = sum(dollars for _, _, dollars in lines)
    rows = "\n".join(f"| {what} | {count:,.3f} | {dollars:.4f} |" for what, count, dollars in lines)
    return f"The run cost about ${total:.2f} at list prices.\n\n| what | count | $ |\n|---|--:|--:|\n{rows}"


def _functions(stack: Deployed) -> dict[str, int]:
    """Return memory in MB by function of the stack."""
    pages = stack.cloud.client("lambda").get_paginator("list_functions").paginate()
    found = [one for page in pages for one in page["Functions"]]
    return {
        one["FunctionName"]: one["MemorySize"]
        for one in found
        if one["FunctionName"].startswith((f"{stack.name}-", f"CodeDeployHook_{stack.name}"))
    }


def _sum(stack: Deployed, namespace: str, metric: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    found = stack.cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=1),
        Period=86_400,
        Statistics=["Sum"],
    )
    return sum(float(one["Sum"]) for one in found["Datapoints"])


def _logged(stack: Deployed) -> float:
    groups: list[dict[str, Any]] = []
    for prefix in (f"/aws/lambda/{stack.name}-", f"/aws/apigateway/{stack.name}"):
        pages = stack.cloud.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        groups += [one for page in pages for one in page["logGroups"]]
    return sum(float(one.get("storedBytes", 0)) for one in groups)
