"""Monthly cost of the stack without calls: counted in the template, at the list prices below.

`python -m benchmarks.idle_cost` prints the table of docs/reference/performance.md. Two lines are upper
bounds: each scheduled call counts as one second, and the monitor emits each of its gauges in every hour.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from samcli.yamlhelper import yaml_parse

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
MINUTES = 30 * 24 * 60
TICK_SECONDS = 1.0
GAUGES = 14  # of what is live, and the count of ticks
# Dollars a month, us-east-1: aws.amazon.com/cloudwatch/pricing, /lambda/pricing, /eventbridge/pricing. The free tier,
# which covers most of it in a small account, is left out.
ALARM, COMPOSITE, DASHBOARD, METRIC = 0.10, 0.50, 3.00, 0.30
INVOCATION, GIGABYTE_SECOND = 0.20e-6, 16.6667e-6


class Line(NamedTuple):
    """One kind of resource that costs money without calls."""

    what: str
    number: int
    dollars: float


def lines(template: dict[str, Any]) -> Iterator[Line]:
    """Return the monthly cost of a template's resources, without those that a parameter must switch on."""
    resources = [one for one in template["Resources"].values() if "Condition" not in one]
    watched = sum(_metrics(one["Properties"]) for one in resources if one["Type"] == "AWS::CloudWatch::Alarm")
    yield Line("metrics that alarms watch", watched, watched * ALARM)
    for what, kind, price in (
        ("composite alarms", "AWS::CloudWatch::CompositeAlarm", COMPOSITE),
        ("dashboards (three in an account are free)", "AWS::CloudWatch::Dashboard", DASHBOARD),
    ):
        count = sum(one["Type"] == kind for one in resources)
        yield Line(what, count, count * price)
    yield Line("gauges of the monitor, at most", GAUGES, GAUGES * METRIC)
    ticks = [(_ticks(one["Properties"]), one["Properties"]["MemorySize"]) for one in resources if _is_function(one)]
    compute = sum(
        count * (INVOCATION + memory / 1024 * TICK_SECONDS * GIGABYTE_SECOND) for count, memory in ticks if count
    )
    yield Line("ticks of clocks, a second each", sum(count for count, _ in ticks), compute)


def _is_function(resource: dict[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::Serverless::Function")


def _metrics(alarm: dict[str, Any]) -> int:
    """A metric that an expression reads is paid for as one of its own."""
    return sum("MetricStat" in one for one in alarm.get("Metrics", [])) or 1


def _ticks(function: dict[str, Any]) -> int:
    """Return the number of scheduled calls of functions in a month."""
    schedules = [
        one["Properties"]["Schedule"] for one in function.get("Events", {}).values() if one["Type"] == "Schedule"
    ]
    minutes = [int(found[1]) for one in schedules if (found := re.fullmatch(r"rate\((\d+) minutes\)", str(one)))]
    return sum(MINUTES // every for every in minutes)


def main() -> None:
    """Print the table."""
    found = list(lines(yaml_parse(TEMPLATE.read_text())))
    print("| without calls | count | $ a month |\n|---|--:|--:|")
    for line in found:
        print(f"| {line.what} | {line.number:,} | {line.dollars:.2f} |")
    print(f"| together | | {sum(line.dollars for line in found):.2f} |")


if __name__ == "__main__":
    main()
