"""AWS::DynamoDB::Table, with indexes, time to live, recovery and encryption."""

from typing import Any

from fairlead_local.account import arn
from fairlead_local.cloudformation.provider import (
    ClientProvider,
    CreatedResource,
    DesiredResource,
    changed,
    names,
    tag_list,
)
from fairlead_local.cloudformation.templates import invalid

PLAIN = ("AttributeDefinitions", "BillingMode", "KeySchema", "LocalSecondaryIndexes", "TableClass")
UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


class TableProvider(ClientProvider):
    """A table; an update adds or removes one index at a time, as in AWS."""

    accepts = names(
        "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema "
        "LocalSecondaryIndexes OnDemandThroughput PointInTimeRecoverySpecification ProvisionedThroughput "
        "SSESpecification TableClass TableName Tags TimeToLiveSpecification"
    )
    replaces = names("KeySchema LocalSecondaryIndexes TableName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateTable, then the settings with calls of their own."""
        given = desired.properties
        name = given.get("TableName") or desired.name(limit=255)
        settings = {key: given[key] for key in PLAIN if key in given} | _throughput(given) | _settings(given)
        if given.get("GlobalSecondaryIndexes"):
            settings["GlobalSecondaryIndexes"] = [_index(index) for index in given["GlobalSecondaryIndexes"]]
        labels = tag_list(desired.all_tags)
        self._dynamodb.create_table(TableName=name, Tags=labels, **settings)
        self._configure(name, given, {})
        return CreatedResource(name, {"Arn": arn("dynamodb", f"table/{name}")})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """UpdateTable and other calls for what differs."""
        name, given, different = created.physical_id, desired.properties, changed(desired, old)
        plain = {"BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "SSESpecification", "TableClass"}
        if different & plain:
            settings = {key: given[key] for key in ("BillingMode", "TableClass") if key in given}
            self._dynamodb.update_table(TableName=name, **settings, **_throughput(given), **_settings(given))
        change = _index_change(given, old)
        if change:
            self._dynamodb.update_table(
                TableName=name,
                AttributeDefinitions=given["AttributeDefinitions"],
                GlobalSecondaryIndexUpdates=[change],
            )
        self._configure(name, given, old)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteTable; a missing table is no error, a protected one is."""
        try:
            self._dynamodb.delete_table(TableName=created.physical_id)
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return

    @property
    def _dynamodb(self) -> Any:
        return self._clients["dynamodb"]

    def _configure(self, name: str, given: dict[str, Any], old: dict[str, Any]) -> None:
        live, lived = given.get("TimeToLiveSpecification"), old.get("TimeToLiveSpecification")
        if live != lived:
            spec = live or {**(lived or {}), "Enabled": False}
            spec = {"AttributeName": spec["AttributeName"], "Enabled": _flag(spec["Enabled"])}
            self._dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=spec)
        recovery = given.get("PointInTimeRecoverySpecification", {})
        if recovery != old.get("PointInTimeRecoverySpecification", {}):
            enabled = _flag(recovery.get("PointInTimeRecoveryEnabled", False))
            days = recovery.get("RecoveryPeriodInDays")
            period = {"RecoveryPeriodInDays": int(days)} if days else {}
            self._dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled, **period}
            )


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "DeletionProtectionEnabled" in given:
        found["DeletionProtectionEnabled"] = _flag(given["DeletionProtectionEnabled"])
    if "SSESpecification" in given:
        spec = dict(given["SSESpecification"])
        found["SSESpecification"] = {"Enabled": _flag(spec.pop("SSEEnabled")), **spec}
    return found


def _throughput(given: dict[str, Any]) -> dict[str, Any]:
    units = given.get("ProvisionedThroughput")
    return {"ProvisionedThroughput": {key: int(units[key]) for key in UNITS}} if units else {}


def _index(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - {"IndexName", "KeySchema", "Projection", "ProvisionedThroughput"})
    if unknown:
        raise invalid(f"the local cloud does not support indexes with {', '.join(unknown)}")
    return {**given, **_throughput(given)}


def _index_change(given: dict[str, Any], old: dict[str, Any]) -> dict[str, Any] | None:
    """Return the index that is added or removed."""
    new, before = (
        {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}
        for properties in (given, old)
    )
    altered = sorted(name for name in set(new) & set(before) if new[name] != before[name])
    if altered:
        raise invalid(
            f"the local cloud does not support changing an index ({', '.join(altered)}); give the index another name"
        )
    changes = [{"Create": _index(new[name])} for name in sorted(set(new) - set(before))]
    changes += [{"Delete": {"IndexName": name}} for name in sorted(set(before) - set(new))]
    if len(changes) > 1:
        raise invalid("Cannot perform more than one GSI creation or deletion in a single update")
    return changes[0] if changes else None


def _flag(value: bool | str) -> bool:
    return value if isinstance(value, bool) else value == "true"
