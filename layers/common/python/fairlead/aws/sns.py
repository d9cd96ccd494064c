"""SNS topics: their subscribers, and messages to them."""

from typing import Any

from fairlead.aws import clients

PENDING = "PendingConfirmation"
LONGEST = 99
"""Characters of a subject that SNS accepts: it must have under 100."""


class Notifier:
    """Publishes to one topic (an ARN) through a boto3 client."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def notify(self, subject: str, text: str) -> None:
        """Send a message to the subscribers; raises StorageError."""
        with clients.translated("notify subscribers (sns:Publish)"):
            self._client.publish(TopicArn=self._topic, Subject=subject[:LONGEST], Message=text)


def subscribers(client: Any, topic: str) -> tuple[int, int]:
    """Return how many subscriptions of a topic (an ARN) are confirmed and how many are not; raises StorageError."""
    with clients.translated("list the topic's subscriptions (sns:ListSubscriptionsByTopic)"):
        pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
    return len(arns) - arns.count(PENDING), arns.count(PENDING)
