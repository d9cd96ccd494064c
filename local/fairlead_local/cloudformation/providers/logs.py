"""AWS::Logs::LogGroup and SubscriptionFilter."""

import re
from typing import Any

from fairlead_local.account import arn
from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names
from fairlead_local.cloudformation.templates import invalid

NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


class LogGroupProvider(ClientProvider):
    """A log group with its retention."""

    accepts = names("KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags")
    replaces = names("LogGroupClass LogGroupName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateLogGroup; fails for an existing group, as in AWS."""
        name = desired.properties.get("LogGroupName") or desired.name(limit=512)
        if not NAME.fullmatch(name):
            raise invalid(f"Value '{name}' at 'logGroupName' failed to satisfy constraint: {NAME.pattern}")
        self._clients["logs"].create_log_group(logGroupName=name, tags=desired.all_tags)
        self._retain(name, desired.properties)
        return CreatedResource(name, {"Arn": arn("logs", f"log-group:{name}:*")})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """PutRetentionPolicy."""
        self._retain(created.physical_id, desired.properties)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteLogGroup; a missing group is no error."""
        logs = self._clients["logs"]
        try:
            logs.delete_log_group(logGroupName=created.physical_id)
        except logs.exceptions.ResourceNotFoundException:
            return

    def _retain(self, name: str, properties: dict[str, Any]) -> None:
        days = properties.get("RetentionInDays")
        if days is None:
            self._clients["logs"].delete_retention_policy(logGroupName=name)
            return
        self._clients["logs"].put_retention_policy(logGroupName=name, retentionInDays=int(days))


class SubscriptionFilterProvider(ClientProvider):
    """A subscription filter of a log group."""

    accepts = names("DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn")
    replaces = names("FilterName LogGroupName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """PutSubscriptionFilter."""
        name = desired.properties.get("FilterName") or desired.name(limit=512)
        self._put(name, desired.properties)
        return CreatedResource(name)

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """PutSubscriptionFilter again."""
        self._put(created.physical_id, desired.properties)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """DeleteSubscriptionFilter; a missing filter or group is no error."""
        logs = self._clients["logs"]
        try:
            logs.delete_subscription_filter(logGroupName=properties["LogGroupName"], filterName=created.physical_id)
        except logs.exceptions.ResourceNotFoundException:
            return

    def _put(self, name: str, properties: dict[str, Any]) -> None:
        self._clients["logs"].put_subscription_filter(**_lower_first(properties) | {"filterName": name})


def _lower_first(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties with names in CloudWatch Logs' form."""
    return {name[0].lower() + name[1:]: value for name, value in properties.items()}
