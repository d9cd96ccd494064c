"""The reason of an alarm's state: CloudWatch's sentence, and its data as JSON."""

import json
from typing import Any

from fairlead_local.cloudwatch.alarm_records import Alarm
from fairlead_local.cloudwatch.alarm_settings import OPERATORS
from fairlead_local.cloudwatch.alarm_state import Evaluation, Point
from fairlead_local.times import cloudwatch_time, moment

TREATED = {"missing": "Missing", "ignore": "Ignored", "breaching": "Breaching", "notBreaching": "NonBreaching"}


def sentence(alarm: Alarm, evaluation: Evaluation) -> str:
    """Return the reason as a sentence."""
    if evaluation.state == "INSUFFICIENT_DATA":
        filled = evaluation.filled
        return f"Insufficient Data: {filled} datapoint{'s were' if filled > 1 else ' was'} unknown."
    treated = TREATED[alarm.settings.get("TreatMissingData", "missing")]
    if not evaluation.points:
        periods, filled = alarm.periods, evaluation.filled
        return (
            f"Threshold Crossed: no datapoints were received for {periods} period{'s' if periods > 1 else ''} and "
            f"{filled} missing datapoint{'s were' if filled > 1 else ' was'} treated as [{treated}]."
        )
    return f"Threshold Crossed: {_counted(alarm, evaluation)}{_filled(evaluation, treated)}{_rule(alarm, evaluation)}."


def data(alarm: Alarm, evaluation: Evaluation, *, at: float, samples: dict[int, float]) -> str:
    """Return the reason's data as JSON."""
    points = evaluation.points
    facts: dict[str, Any] = {"version": "1.0", "queryDate": cloudwatch_time(at)}
    if points:
        facts["startDate"] = cloudwatch_time(min(point.at for point in points))
    if alarm.settings.get("Unit"):
        facts["unit"] = alarm.settings["Unit"]
    if alarm.statistic:
        facts["statistic"] = alarm.statistic
    facts |= {"period": alarm.period, "recentDatapoints": [point.value for point in reversed(points)]}
    facts["threshold"] = alarm.settings["Threshold"]
    facts["evaluatedDatapoints"] = [_evaluated(point, samples) for point in points]
    return json.dumps(facts, separators=(",", ":"))


def _evaluated(point: Point, samples: dict[int, float]) -> dict[str, Any]:
    count = {"sampleCount": samples[point.at]} if point.at in samples else {}
    return {"timestamp": cloudwatch_time(point.at), **count, "value": point.value}


def _counted(alarm: Alarm, evaluation: Evaluation) -> str:
    alarming = evaluation.state == "ALARM"
    counted = [point for point in evaluation.points if point.breaching == alarming] or list(evaluation.points)
    shown = ", ".join(f"{point.value} ({moment(point.at):%d/%m/%y %H:%M:%S})" for point in counted)
    comparison, _ = OPERATORS[alarm.settings["ComparisonOperator"]]
    verb = "was" if len(counted) == 1 else "were"
    return (
        f"{len(counted)} out of the last {alarm.periods} datapoints [{shown}] {verb} {'' if alarming else 'not '}"
        f"{comparison} the threshold ({float(alarm.settings['Threshold'])})"
    )


def _filled(evaluation: Evaluation, treated: str) -> str:
    if not evaluation.filled:
        return ""
    many = evaluation.filled > 1
    return f" and {evaluation.filled} missing datapoint{'s were' if many else ' was'} treated as [{treated}]"


def _rule(alarm: Alarm, evaluation: Evaluation) -> str:
    alarming = evaluation.state == "ALARM"
    minimum = alarm.needed if alarming else alarm.periods - alarm.needed + 1
    way = "OK -> ALARM" if alarming else "ALARM -> OK"
    return f" (minimum {minimum} datapoint{'s' if minimum > 1 else ''} for {way} transition)"
