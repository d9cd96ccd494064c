"""AWS::SNS::Topic: through moto."""

from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.cloudformation.provider import Asked, Made, names, tags


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
