"""AWS::SNS::Topic, TopicPolicy and Subscription, and AWS::SQS::Queue: through moto."""

import json
from typing import Any

from fairlead_local.account import ACCOUNT, arn
from fairlead_local.clients import Clients
from fairlead_local.stacks.provider import Asked, Made, names, tags
from fairlead_local.stacks.templates import invalid

PROTOCOLS = {"email", "email-json", "sqs"}


class TopicProvider:
    """A topic."""

    accepts = names("DisplayName KmsMasterKeyId Tags TopicName")
    replaces = names("TopicName")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """CreateTopic."""
        name = asked.properties.get("TopicName") or asked.name(limit=256)
        labels = [{"Key": key, "Value": value} for key, value in (asked.tags | tags(asked.properties)).items()]
        given = {
            key: str(asked.properties[key]) for key in ("DisplayName", "KmsMasterKeyId") if key in asked.properties
        }
        made = self._clients["sns"].create_topic(Name=name, Tags=labels, Attributes=given)["TopicArn"]
        return Made(made, {"TopicArn": made, "TopicName": name})

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:
        """SetTopicAttributes."""
        for key in ("DisplayName", "KmsMasterKeyId"):
            if asked.properties.get(key) != old.get(key):
                value = str(asked.properties.get(key, ""))
                self._clients["sns"].set_topic_attributes(
                    TopicArn=made.physical_id, AttributeName=key, AttributeValue=value
                )
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteTopic."""
        self._clients["sns"].delete_topic(TopicArn=made.physical_id)


class TopicPolicyProvider:
    """The policy of topics: kept and shown; it decides nothing here."""

    accepts = names("PolicyDocument Topics")
    replaces = frozenset[str]()

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """SetTopicAttributes for each topic."""
        self._put(asked)
        return Made(asked.name())

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:  # noqa: ARG002 - the protocol's
        """SetTopicAttributes again."""
        self._put(asked)
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:
        """Leave it: a topic always has a policy, and AWS's default one decides nothing here either."""

    def _put(self, asked: Asked) -> None:
        policy = json.dumps(asked.properties["PolicyDocument"])
        for topic in asked.properties["Topics"]:
            self._clients["sns"].set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


class SubscriptionProvider:
    """A topic's subscription: a queue gets messages, an address none."""

    accepts = names("Endpoint FilterPolicy FilterPolicyScope Protocol RawMessageDelivery TopicArn")
    replaces = names("Endpoint Protocol TopicArn")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """Subscribe; what cannot be reached from here is refused."""
        given = asked.properties
        if given["Protocol"] not in PROTOCOLS:
            raise invalid(f"the local cloud's topics reach {', '.join(sorted(PROTOCOLS))}, not {given['Protocol']}")
        made = self._clients["sns"].subscribe(
            TopicArn=given["TopicArn"], Protocol=given["Protocol"], Endpoint=given["Endpoint"],
            ReturnSubscriptionArn=True, Attributes=_attributes(given),
        )["SubscriptionArn"]  # fmt: skip
        return Made(made, {"Arn": made})

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:
        """SetSubscriptionAttributes."""
        after, before = _attributes(asked.properties), _attributes(old)
        for key in sorted({*after, *before}):
            if after.get(key) != before.get(key):
                value = after.get(key, "false" if key == "RawMessageDelivery" else "")
                self._clients["sns"].set_subscription_attributes(
                    SubscriptionArn=made.physical_id, AttributeName=key, AttributeValue=value
                )
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Unsubscribe."""
        self._clients["sns"].unsubscribe(SubscriptionArn=made.physical_id)


class QueueProvider:
    """A standard queue."""

    accepts = names(
        "DelaySeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod QueueName ReceiveMessageWaitTimeSeconds "
        "RedrivePolicy SqsManagedSseEnabled Tags VisibilityTimeout"
    )
    replaces = names("QueueName")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, asked: Asked) -> Made:
        """CreateQueue."""
        name = asked.properties.get("QueueName") or asked.name(limit=80)
        attributes = _queue_attributes(asked.properties)
        labels = asked.tags | tags(asked.properties)
        self._clients["sqs"].create_queue(QueueName=name, Attributes=attributes, tags=labels)
        url = f"{self._clients.endpoint}/{ACCOUNT}/{name}"
        return Made(url, {"Arn": arn("sqs", name), "QueueName": name, "QueueUrl": url})

    def update(self, asked: Asked, old: dict[str, Any], made: Made) -> Made:  # noqa: ARG002 - the protocol's
        """SetQueueAttributes."""
        attributes = _queue_attributes(asked.properties)
        if attributes:
            self._clients["sqs"].set_queue_attributes(QueueUrl=made.physical_id, Attributes=attributes)
        return made

    def delete(self, made: Made, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteQueue; gone already is fine."""
        sqs = self._clients["sqs"]
        try:
            sqs.delete_queue(QueueUrl=made.physical_id)
        except sqs.exceptions.QueueDoesNotExist:
            return


def _attributes(given: dict[str, Any]) -> dict[str, str]:
    found = {}
    if "FilterPolicy" in given:
        policy = given["FilterPolicy"]
        found["FilterPolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
    if "FilterPolicyScope" in given:
        found["FilterPolicyScope"] = given["FilterPolicyScope"]
    if "RawMessageDelivery" in given:
        found["RawMessageDelivery"] = str(given["RawMessageDelivery"]).lower()
    return found


def _queue_attributes(given: dict[str, Any]) -> dict[str, str]:
    found = {key: str(value) for key, value in given.items() if key not in ("QueueName", "Tags", "RedrivePolicy")}
    if "SqsManagedSseEnabled" in found:
        found["SqsManagedSseEnabled"] = found["SqsManagedSseEnabled"].lower()
    if "RedrivePolicy" in given:
        policy = given["RedrivePolicy"]
        found["RedrivePolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
    return found
