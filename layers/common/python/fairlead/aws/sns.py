"""Notifies the subscribers of an SNS topic."""

from typing import Any

from fairlead.aws import clients

LONGEST = 100
"""Characters of a subject that SNS accepts."""


class Notifier:
    """Publishes to one topic (an ARN) through a boto3 client."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def notify(self, subject: str, text: str) -> None:
        """Send a message to the subscribers; raises StorageError."""
        with clients.translated("notify subscribers (sns:Publish)"):
            self._client.publish(TopicArn=self._topic, Subject=subject[:LONGEST], Message=text)
