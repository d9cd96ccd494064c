"""The alarms of a stack: names of two stacks may begin in the same way."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fairlead.aws.cloudwatch_alarms import OWN, Alarms

TEMPLATE = Path(__file__).parents[3] / "template.yaml"


@pytest.fixture
def cloudwatch() -> Any:
    with mock_aws():
        client = boto3.client(
            "cloudwatch", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        for name in ("risk-errors", "risk-canary-errors", "risk-mine", "risk-eu-errors", "risk-eu-record-lost"):
            client.put_metric_alarm(
                AlarmName=name, Namespace="N", MetricName="M", Statistic="Sum", Period=60, EvaluationPeriods=1,
                Threshold=1, ComparisonOperator="GreaterThanThreshold",
            )  # fmt: skip
        yield client


def test_alarms_of_a_neighbour_whose_name_begins_alike_are_left_out(cloudwatch: Any) -> None:
    """An alarm that an operator added under the stack's name stays."""
    found = Alarms(cloudwatch).of_stack("risk")
    assert [one.name for one in found] == ["risk-canary-errors", "risk-errors", "risk-mine"]
    assert [one.name for one in Alarms(cloudwatch).of_stack("risk-eu")] == ["risk-eu-errors", "risk-eu-record-lost"]


def test_the_names_of_the_stack_s_own_alarms_are_the_template_s() -> None:
    names = re.findall(r"AlarmName: !Sub '\$\{AWS::StackName\}-([a-z-]+)'", TEMPLATE.read_text())
    assert set(names) == OWN
