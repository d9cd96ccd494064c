"""fairlead status of a stack and of a model, on moto."""

import json

from fairlead.registry.store import Registry
from tests.functional.command_line import fairlead
from tests.functional.session import connect
from tests.functional.strict_lambda import StrictLambda


def test_status_of_a_live_release_that_does_not_answer_shows_the_error(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 1)
    lambda_.answers["2"] = [{"statusCode": 503, "body": '{"detail": "churn version 1 cannot be loaded (integrity)"}'}]

    done = fairlead("status", "churn", "--json")

    assert json.loads(done.stdout)["live_problem"] == "churn version 1 cannot be loaded (integrity)"
    assert done.exit_code == 5
    assert "cannot be loaded (integrity)" in fairlead("status", "churn").stdout


def test_status_of_a_model_that_is_not_released_is_an_error(registry: Registry, lambda_: StrictLambda) -> None:
    done = fairlead("status", "churn")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "churn is neither live nor previous" in done.stderr
    assert "`fairlead history churn`" in done.stderr


def test_status_without_a_name_shows_live_and_every_alarm_in_state_alarm_first(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 1)
    cloudwatch = connect("cloudwatch")
    facts = {"Namespace": "Fairlead", "MetricName": "Quality", "Period": 300, "Statistic": "Minimum"}
    needs = {"EvaluationPeriods": 1, "Threshold": 0.5, "ComparisonOperator": "LessThanThreshold"}
    for name in ("fairlead-quality", "fairlead-calm"):
        cloudwatch.put_metric_alarm(AlarmName=name, **facts, **needs)
    cloudwatch.set_alarm_state(AlarmName="fairlead-quality", StateValue="ALARM", StateReason="accuracy fell")

    lines = fairlead("status").stdout.splitlines()

    assert lines[0].startswith("ALARM")
    assert "fairlead-quality" in lines[0]
    assert lines[0].endswith("accuracy fell")
    assert lines[1].split(maxsplit=1)[1].startswith("release 2 (churn version 1), answers")
    assert not any("fairlead-calm" in line for line in lines)


def test_status_of_a_stack_without_a_model_names_the_next_command(registry: Registry, lambda_: StrictLambda) -> None:
    done = fairlead("status")

    assert done.exit_code == 5
    assert "next: fairlead release NAME VERSION" in done.stderr
