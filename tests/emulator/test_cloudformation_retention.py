"""Resources that a stack retains when it is deleted, and when its creation or an update is rolled back."""

import json
import uuid
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.support import until

# The cause of the failure. It refers to the table, so it is created after it.
FAILS = {"Type": "AWS::Logs::SubscriptionFilter", "Properties": {
    "LogGroupName": {"Fn::Sub": "/no/such/${Table}"}, "FilterPattern": "",
    "DestinationArn": "arn:aws:lambda:us-east-1:123456789012:function:none"}}  # fmt: skip


def table(name: str, policy: str) -> dict[str, Any]:
    return {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy, "Properties": {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}}  # fmt: skip


class Stack:
    """A stack of one name, and the table of a fixed name in it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.name = f"s-{uuid.uuid4().hex[:12]}"
        self._api, self._dynamodb = cloud.client("cloudformation"), cloud.client("dynamodb")

    def create(self, **resources: dict[str, Any]) -> str:
        self._api.create_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        return self._ended()

    def update(self, **resources: dict[str, Any]) -> str:
        self._api.update_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        return self._ended()

    def delete(self) -> None:
        self._api.delete_stack(StackName=self.name)
        until(lambda: self.name not in {stack["StackName"] for stack in self._api.describe_stacks()["Stacks"]})

    def reasons(self) -> str:
        events = self._api.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def has_table(self) -> bool:
        return self.name in self._dynamodb.list_tables()["TableNames"]

    def _ended(self) -> str:
        def status() -> str:
            found = self._api.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            return "" if found.endswith("_IN_PROGRESS") else str(found)

        return str(until(status))


@pytest.fixture
def stack(cloud: LocalCloud) -> Stack:
    return Stack(cloud)


@pytest.mark.parametrize(("policy", "stays"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)])
def test_rolled_back_creation_keeps_resources_with_the_policy_retain_only(
    stack: Stack, policy: str, stays: bool
) -> None:
    resource = table(stack.name, policy)
    assert stack.create(Table=resource, Fails=FAILS) == "ROLLBACK_COMPLETE"
    assert stack.has_table() == stays

    stack.delete()
    again = stack.create(Table=resource)

    # The table of the failed creation has the name: only an operator can delete it.
    assert again == ("ROLLBACK_COMPLETE" if stays else "CREATE_COMPLETE")
    assert ("already exists" in stack.reasons()) == stays


@pytest.mark.parametrize(("policy", "stays"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)])
def test_rolled_back_update_keeps_created_resources_by_the_same_rule(stack: Stack, policy: str, stays: bool) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": stack.name}}
    stack.create(Topic=topic)

    assert stack.update(Topic=topic, Table=table(stack.name, policy), Fails=FAILS) == "UPDATE_ROLLBACK_COMPLETE"

    assert stack.has_table() == stays


@pytest.mark.parametrize(("policy", "stays"), [("Retain", True), ("RetainExceptOnCreate", True), ("Delete", False)])
def test_deleted_stack_keeps_resources_with_either_policy(stack: Stack, policy: str, stays: bool) -> None:
    stack.create(Table=table(stack.name, policy))

    stack.delete()

    assert stack.has_table() == stays
