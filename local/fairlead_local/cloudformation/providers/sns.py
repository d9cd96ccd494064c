"""AWS::SNS::Topic."""

from typing import Any

from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names, tag_list


class TopicProvider(ClientProvider):
    """A topic."""

    accepts = names("DisplayName KmsMasterKeyId Tags TopicName")
    replaces = names("TopicName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateTopic."""
        name = desired.properties.get("TopicName") or desired.name(limit=256)
        labels = tag_list(desired.all_tags)
        given = {
            key: str(desired.properties[key]) for key in ("DisplayName", "KmsMasterKeyId") if key in desired.properties
        }
        created = self._clients["sns"].create_topic(Name=name, Tags=labels, Attributes=given)["TopicArn"]
        return CreatedResource(created, {"TopicArn": created, "TopicName": name})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """SetTopicAttributes."""
        for key in ("DisplayName", "KmsMasterKeyId"):
            if desired.properties.get(key) != old.get(key):
                value = str(desired.properties.get(key, ""))
                self._clients["sns"].set_topic_attributes(
                    TopicArn=created.physical_id, AttributeName=key, AttributeValue=value
                )
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteTopic."""
        self._clients["sns"].delete_topic(TopicArn=created.physical_id)
