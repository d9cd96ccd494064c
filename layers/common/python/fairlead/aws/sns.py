"""Telling people: one SNS topic, to whoever subscribed."""

from typing import Any

from fairlead.aws import clients

LONGEST = 100
"""Characters that SNS takes as a subject."""


class Notifier:
    """Those who subscribed to a topic, through a boto3 client."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def notify(self, subject: str, text: str) -> None:
        """Tell them; raises StorageError."""
        with clients.translated("tell people (sns:Publish)"):
            self._client.publish(TopicArn=self._topic, Subject=subject[:LONGEST], Message=text)
