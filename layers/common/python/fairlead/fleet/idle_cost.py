"""Monthly cost of a deployed stack without calls, counted from its alarms and schedules.

Two figures are bounds: a tick of a schedule is taken to run for a second, and to log a kilobyte. Stored objects, kept
log lines and SnapStart's snapshots are not counted. `python -m benchmarks.idle_cost` counts the same in the template.
"""

from collections.abc import Iterable
from typing import NamedTuple

from fairlead import prices
from fairlead.aws.cloudwatch_alarms import AlarmState

MONTH = 30 * 24 * 60
"""Minutes."""
TICK_SECONDS = 1.0
TICK_BYTES = 1_000


class Schedule(NamedTuple):
    """A function that a schedule calls: every so many minutes, with so much memory in MB.

    `asked` is the cost in dollars of a tick's requests to other services.
    """

    minutes: int
    memory: int
    asked: float

    @property
    def ticks(self) -> int:
        """Ticks in a month."""
        return MONTH // self.minutes

    @property
    def compute(self) -> float:
        """Dollars a month for Lambda."""
        gigabyte_seconds = self.memory / 1024 * TICK_SECONDS
        return self.ticks * (prices.INVOCATION + gigabyte_seconds * prices.GIGABYTE_SECOND["x86_64"])

    @property
    def asking(self) -> float:
        """Dollars a month for calls of other services, and for log lines."""
        return self.ticks * (self.asked + TICK_BYTES * prices.LOG_BYTE)


SCHEDULES = {
    "MonitorFunction": Schedule(
        5, 1024, prices.CLOUDWATCH_CALL + prices.READ_UNIT
    ),  # alarms' states, captured versions
    "RedriveFunction": Schedule(15, 1024, 2 * prices.S3_LIST),  # two prefixes
}
"""The template's schedules. A test compares them with it."""


def idle_dollars(alarms: Iterable[AlarmState], *, dashboard: bool) -> float:
    """Return the dollars a month of a stack with these alarms that gets no call, at list prices of us-east-1.

    CloudWatch bills each metric that an alarm reads, also those of its expressions.
    """
    watched = sum(_alarm_dollars(alarm) for alarm in alarms)
    ticks = sum(one.compute + one.asking for one in SCHEDULES.values())
    return watched + ticks + (prices.DASHBOARD if dashboard else 0.0)


def _alarm_dollars(alarm: AlarmState) -> float:
    if "alarmRule" in alarm.configuration:
        return prices.COMPOSITE_ALARM
    metrics = sum("metricStat" in query for query in alarm.configuration.get("metrics", ()))
    return metrics * prices.ALARM_METRIC
