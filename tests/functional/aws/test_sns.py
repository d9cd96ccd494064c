"""Messages to the subscribers of a topic."""

import boto3
import pytest
from moto import mock_aws
from moto.sns.models import sns_backends

from fairlead.aws.sns import Notifier


@pytest.mark.parametrize("length", [5, 99, 100, 300])
def test_a_subject_has_under_a_hundred_characters(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """SNS refuses a longer one: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("sns", "us-east-1")
        topic = client.create_topic(Name="decisions")["TopicArn"]

        Notifier(client, topic).notify("x" * length, "text")

        [(_, _, subject, *_)] = sns_backends["123456789012"]["us-east-1"].topics[topic].sent_notifications
        assert subject == "x" * min(length, 99)
