"""Changes to a stack's clock and alarms that only tests make."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.local.commands import STACK
from tests.local.feedback_stack import Stage


def still(stage: Stage, seconds: float) -> None:
    """Advance the clock with the stack's schedules disabled: over days they would run long."""
    events = stage.cloud.client("events")
    rules = [rule for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
    running = [rule["Name"] for rule in rules if rule["State"] == "ENABLED"]
    for name in running:
        events.disable_rule(Name=name)
    stage.cloud.advance(seconds)
    for name in running:
        events.enable_rule(Name=name)


def calm(stage: Stage) -> None:
    """Reset alarms, so that none goes into ALARM for earlier datapoints."""
    cloudwatch = stage.cloud.client("cloudwatch")
    for alarm in cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]:
        cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="the last test is over")


@contextmanager
def threshold(stage: Stage, alarm: str, value: float) -> Iterator[None]:
    """Change the threshold of one of the stack's alarms in the block, as a parameter would."""
    cloudwatch = stage.cloud.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=[f"{STACK}-{alarm}"])["MetricAlarms"]
    taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    settings = {name: told for name, told in found.items() if name in taken}
    cloudwatch.put_metric_alarm(**settings | {"Threshold": value})
    try:
        yield
    finally:
        cloudwatch.put_metric_alarm(**settings)
