"""Monthly cost of the stack without calls: counted in the template, at the prices of `fairlead.prices`.

`python -m benchmarks.idle_cost` prints the tables of docs/reference/performance.md. `fairlead.fleet.idle_cost` has the
bounds of a tick. Without calls and outcomes no function writes a custom metric, which tests/functional/monitoring and
tests/functional/feedback hold.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.options import parser
from fairlead import prices
from fairlead.fleet.idle_cost import SCHEDULES, Schedule
from fairlead_local.cloudformation import templates

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
STACK = "fairlead"
RATE = re.compile(r"rate\((?P<minutes>\d+) minutes?\)")


class Line(NamedTuple):
    """One kind of thing that is paid for while nothing happens."""

    what: str
    number: int
    dollars: float


def lines(template: dict[str, Any], **parameters: str) -> Iterator[Line]:
    """Yield what the template's resources cost a month; `parameters` replace the template's defaults."""
    resources = dict(_made(template, parameters))
    watched = sum(_metrics(one["Properties"]) for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm")
    yield Line("metrics that alarms watch", watched, watched * prices.ALARM_METRIC)
    for what, kind, price in (
        ("composite alarms", "AWS::CloudWatch::CompositeAlarm", prices.COMPOSITE_ALARM),
        ("dashboards (three in an account are free)", "AWS::CloudWatch::Dashboard", prices.DASHBOARD),
    ):
        count = sum(one["Type"] == kind for one in resources.values())
        yield Line(what, count, count * price)
    ticking = [found for name, one in resources.items() for found in _schedules(name, one["Properties"])]
    every = sum(one.ticks for one in ticking)
    yield Line("ticks of schedules, a second each", every, sum(one.compute for one in ticking))
    yield Line("calls and log lines of ticks", every, sum(one.asking for one in ticking))


def _made(template: dict[str, Any], parameters: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the resources whose condition holds."""
    values = {name: str(facts.get("Default", "")) for name, facts in template["Parameters"].items()} | parameters

    def holds(condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [one, other]}:
                return _value(one, values) == _value(other, values)
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::And": parts}:
                return all(map(holds, parts))
            case {"Fn::Or": parts}:
                return any(map(holds, parts))
            case {"Condition": name} | str(name):
                return holds(template["Conditions"][name])
        raise ValueError(f"this benchmark cannot decide the condition {condition}")

    for name, resource in template["Resources"].items():
        if "Condition" not in resource or holds(resource["Condition"]):
            yield name, resource


def _value(found: Any, parameters: dict[str, str]) -> str:
    match found:
        case {"Ref": name}:
            return parameters[name]
        case {"Fn::Select": [place, {"Fn::Split": [mark, {"Fn::Sub": text}]}]}:
            return str(text.replace("${AWS::StackName}", STACK).split(mark)[place])
    return str(found)


def _metrics(alarm: dict[str, Any]) -> int:
    """A metric that an expression reads is paid for as one of its own."""
    return sum("MetricStat" in one for one in alarm.get("Metrics", [])) or 1


def _schedules(function: str, properties: dict[str, Any]) -> list[Schedule]:
    """The schedules that call a function at all times."""
    asked = SCHEDULES[function].asked if function in SCHEDULES else 0.0
    rates = [
        RATE.fullmatch(str(one["Properties"]["Schedule"]))
        for one in properties.get("Events", {}).values()
        if one["Type"] == "Schedule"
    ]
    return [Schedule(int(rate["minutes"]), properties["MemorySize"], asked) for rate in rates if rate]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, one column for each value of `Watch`."""
    parser(__doc__).parse_args(arguments)
    template = templates.parse(TEMPLATE.read_text())
    full, lean = (list(lines(template, Watch=watch)) for watch in ("full", "lean"))
    print(f"List prices of {prices.AS_OF}, dollars a month:\n")
    print("| without calls | full: count | $ | lean: count | $ |\n|---|--:|--:|--:|--:|")
    for one, other in zip(full, lean, strict=True):
        print(f"| {one.what} | {one.number:,} | {one.dollars:.2f} | {other.number:,} | {other.dollars:.2f} |")
    print(f"| together | | {sum(one.dollars for one in full):.2f} | | {sum(one.dollars for one in lean):.2f} |")


if __name__ == "__main__":
    main()
