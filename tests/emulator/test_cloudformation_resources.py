"""Stacks with a table, a topic, a subscription filter and event-invoke settings."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.support import create, until

HERE = "us-east-1:123456789012"
TRIES = {"Delay": 1, "MaxAttempts": 60}


class Deployed:
    """A stack that can be changed."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.name = f"s-{uuid.uuid4().hex[:12]}"
        self._api = cloud.client("cloudformation")
        self._there = False

    def put(self, **resources: dict[str, Any]) -> None:
        """Create or update it."""
        outputs = {name: {"Value": {"Ref": name}} for name in resources}
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        change = self._api.update_stack if self._there else self._api.create_stack
        change(StackName=self.name, TemplateBody=body)
        waiter = "stack_update_complete" if self._there else "stack_create_complete"
        self._api.get_waiter(waiter).wait(StackName=self.name, WaiterConfig=TRIES)
        self._there = True

    def refused(self, **resources: dict[str, Any]) -> str:
        """Update it to something that fails; the reasons."""
        self._api.update_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))

        def over() -> bool:
            stack = self._api.describe_stacks(StackName=self.name)["Stacks"][0]
            return bool(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")

        until(over, seconds=60)
        events = self._api.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def id_of(self, logical: str) -> str:
        found = self._api.describe_stack_resource(StackName=self.name, LogicalResourceId=logical)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def delete(self) -> None:
        self._api.delete_stack(StackName=self.name)
        self._api.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig=TRIES)


@pytest.fixture
def stack(cloud: LocalCloud) -> Iterator[Deployed]:
    made = Deployed(cloud)
    yield made
    made.delete()


def table(*indexes: str, **more: Any) -> dict[str, Any]:
    names = ("pk", "sk", *indexes)
    return {"Type": "AWS::DynamoDB::Table", "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "Tags": [{"Key": "team", "Value": "x"}],
        **({"GlobalSecondaryIndexes": [
            {"IndexName": name, "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "KEYS_ONLY"}} for name in indexes]} if indexes else {}),
        **more,
    }}  # fmt: skip


def test_table_has_the_templates_settings_and_keeps_its_rows_on_update(stack: Deployed) -> None:
    dynamodb = stack.cloud.client("dynamodb")
    stack.put(Ledger=table("slot"))
    name = stack.id_of("Ledger")
    shown = dynamodb.describe_table(TableName=name)["Table"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in shown["GlobalSecondaryIndexes"]] == ["slot"]
    assert shown["SSEDescription"]["Status"] == "ENABLED"
    assert dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "expires"
    assert recovery(dynamodb, name) == "ENABLED"
    assert {"Key": "team", "Value": "x"} in dynamodb.list_tags_of_resource(ResourceArn=shown["TableArn"])["Tags"]

    dynamodb.put_item(TableName=name, Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "other": {"S": "o"}})
    off = {"PointInTimeRecoveryEnabled": "false"}
    stack.put(Ledger=table("slot", "other", PointInTimeRecoverySpecification=off))
    assert stack.id_of("Ledger") == name
    found = dynamodb.query(
        TableName=name, IndexName="other", KeyConditionExpression="other = :o",
        ExpressionAttributeValues={":o": {"S": "o"}},
    )["Items"]  # fmt: skip
    assert [item["pk"]["S"] for item in found] == ["p"]
    assert recovery(dynamodb, name) == "DISABLED"


def recovery(dynamodb: Any, name: str) -> str:
    found = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return str(found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"])


def test_update_with_two_new_indexes_fails(stack: Deployed) -> None:
    stack.put(Ledger=table())

    assert "more than one GSI" in stack.refused(Ledger=table("one", "two"))


def test_changed_key_replaces_the_table(stack: Deployed) -> None:
    stack.put(Ledger=table())
    name = stack.id_of("Ledger")
    only = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}  # fmt: skip
    stack.put(Ledger=table(**only))

    assert stack.id_of("Ledger") != name
    assert name not in stack.cloud.client("dynamodb").list_tables()["TableNames"]


def test_unsupported_property_of_a_table_is_refused(stack: Deployed) -> None:
    stack.put(Ledger=table())

    stream = {"StreamViewType": "NEW_IMAGE"}
    assert "does not support AWS::DynamoDB::Table with StreamSpecification" in refused_at_once(stack, stream)


def refused_at_once(stack: Deployed, stream: dict[str, str]) -> str:
    try:
        return stack.refused(Ledger=table(StreamSpecification=stream))
    except stack.cloud.client("cloudformation").exceptions.ClientError as error:
        return str(error)


def test_topic_has_the_templates_settings_and_keeps_its_name_on_update(stack: Deployed) -> None:
    sns = stack.cloud.client("sns")
    topic: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{stack.name}-decisions",
                                                                       "KmsMasterKeyId": "alias/aws/sns"}}  # fmt: skip
    stack.put(Decisions=topic)
    arn = stack.id_of("Decisions")
    assert arn == f"arn:aws:sns:{HERE}:{stack.name}-decisions"

    topic["Properties"]["DisplayName"] = "decisions"
    stack.put(Decisions=topic)

    shown = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (shown["DisplayName"], shown["KmsMasterKeyId"]) == ("decisions", "alias/aws/sns")


def writing_role(stack: Deployed) -> str:
    """Return the ARN of a role for functions that may write to a bucket."""
    iam, name = stack.cloud.client("iam"), f"{stack.name}-writing"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::somewhere/*"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName=name, PolicyName="write", PolicyDocument=document)
    return str(role["Arn"])


def test_stack_has_a_subscription_filter_and_event_invoke_settings(stack: Deployed) -> None:
    logs, functions = stack.cloud.client("logs"), stack.cloud.client("lambda")
    reader = create(functions, f"{stack.name}-reader", Role=writing_role(stack))
    arn = f"arn:aws:lambda:{HERE}:function:{reader}"
    resources: dict[str, Any] = {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"{stack.name}-group"}},
        "Allow": {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": reader, "Action": "lambda:InvokeFunction", "Principal": "logs.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["Group", "Arn"]}}},
        "Filter": {"Type": "AWS::Logs::SubscriptionFilter", "DependsOn": "Allow", "Properties": {
            "LogGroupName": {"Ref": "Group"}, "FilterPattern": '{ $.event = "capture" }', "DestinationArn": arn}},
        "Settings": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
            "FunctionName": reader, "Qualifier": "$LATEST", "MaximumRetryAttempts": "2",
            "MaximumEventAgeInSeconds": "3600",
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::somewhere"}}}},
    }  # fmt: skip
    stack.put(**resources)

    (shown,) = logs.describe_subscription_filters(logGroupName=f"{stack.name}-group")["subscriptionFilters"]
    assert (shown["filterName"], shown["destinationArn"]) == (stack.id_of("Filter"), arn)
    config = functions.get_function_event_invoke_config(FunctionName=reader)
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 3600)
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == "arn:aws:s3:::somewhere"

    resources["Filter"]["Properties"]["FilterPattern"] = ""
    stack.put(**resources)
    (shown,) = logs.describe_subscription_filters(logGroupName=f"{stack.name}-group")["subscriptionFilters"]
    assert shown["filterPattern"] == ""


def test_the_account_s_log_role_is_set_and_outlives_its_stack(stack: Deployed, cloud: LocalCloud) -> None:
    gateway = cloud.client("apigateway")
    roles = [f"arn:aws:iam::123456789012:role/{name}" for name in ("first", "second")]
    seen = []

    for role in roles:
        stack.put(Account={"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": role}})
        seen.append(gateway.get_account()["cloudwatchRoleArn"])

    stack.put(Topic={"Type": "AWS::SNS::Topic"})
    assert seen == roles
    assert gateway.get_account()["cloudwatchRoleArn"] == roles[-1]
