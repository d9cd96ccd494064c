"""The real `sam deploy` against the local cloud's CloudFormation."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead_local.cloud import LocalCloud
from tests.local.support import ROLE, Sam, Toy, archive, settled, until


def test_every_resource_of_the_template_exists_after_a_deploy(cloud: LocalCloud, toy: Toy, functions: Any) -> None:
    s3, bucket = cloud.client("s3"), toy.outputs["BucketName"]
    alarms = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix="toy-")["MetricAlarms"]
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/toy-echo")["logGroups"]

    assert functions.get_alias(FunctionName=toy.function, Name="live")["FunctionVersion"] == "1"
    assert functions.get_function_event_invoke_config(FunctionName=toy.function)["MaximumRetryAttempts"] == 0
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"] == {"Days": 7}
    assert [alarm["Dimensions"][0]["Value"] for alarm in alarms] == [toy.function]
    assert groups[0]["retentionInDays"] == 7
    role = cloud.client("iam").get_role(
        RoleName=functions.get_function(FunctionName=toy.function)["Configuration"]["Role"].split("/")[-1]
    )
    assert role["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": ["lambda.amazonaws.com"]
    }


def test_second_deploy_changes_nothing(sam: Sam, toy: Toy) -> None:
    assert "No changes to deploy" in sam.deploy(toy.folder, "toy").stdout


def test_changed_parameter_updates_latest_and_keeps_version_and_alias(sam: Sam, toy: Toy, functions: Any) -> None:
    """A release may have moved the alias; a stack update must not move it back."""
    stack = "update"
    sam.deploy(toy.folder, stack, ["StageName=update"])
    functions.update_function_configuration(FunctionName="update-echo", Description="changed by a release")
    settled(functions, "update-echo")
    functions.publish_version(FunctionName="update-echo")
    functions.update_alias(FunctionName="update-echo", Name="live", FunctionVersion="2")

    sam.deploy(toy.folder, stack, ["StageName=update", "Memory=512"])

    latest = functions.get_function_configuration(FunctionName="update-echo")
    assert latest["MemorySize"] == 512
    assert latest["Description"] == "changed by a release"
    assert functions.get_alias(FunctionName="update-echo", Name="live")["FunctionVersion"] == "2"
    versions = functions.list_versions_by_function(FunctionName="update-echo")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    assert "Deleted successfully" in sam.run("delete", "--stack-name", stack, "--no-prompts", cwd=toy.folder).stdout
    assert "update-echo" not in [f["FunctionName"] for f in functions.list_functions()["Functions"]]


def test_an_unknown_resource_type_fails_the_deploy_by_name(sam: Sam, cloud: LocalCloud, tmp_path: Path) -> None:
    template = {"Resources": {"Clock": {"Type": "AWS::Timestream::Database"}}}
    (tmp_path / "template.json").write_text(json.dumps(template))

    done = sam.run(
        "deploy", "--template-file", "template.json", "--stack-name", "unknown", "--resolve-s3",
        "--no-confirm-changeset", cwd=tmp_path, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "does not support the resource type AWS::Timestream::Database (resource Clock)" in done.stdout
    assert "unknown" not in [s["StackName"] for s in cloud.client("cloudformation").describe_stacks()["Stacks"]]


def test_unsupported_property_fails_the_deploy_with_rollback(cloud: LocalCloud) -> None:
    cloudformation, logs = cloud.client("cloudformation"), cloud.client("logs")
    resources = {
        "Good": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "rolled-back"}},
        "Bad": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Good", "Properties": {"DataProtectionPolicy": {}}},
    }

    cloudformation.create_stack(StackName="dropped", TemplateBody=json.dumps({"Resources": resources}))

    stack = cloudformation.describe_stacks(StackName="dropped")["Stacks"][0]
    events = cloudformation.describe_stack_events(StackName="dropped")["StackEvents"]
    failed = next(event for event in events if event["ResourceStatus"] == "CREATE_FAILED")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "AWS::Logs::LogGroup with DataProtectionPolicy" in failed["ResourceStatusReason"]
    assert logs.describe_log_groups(logGroupNamePrefix="rolled-back")["logGroups"] == []


def test_failed_update_is_rolled_back(cloud: LocalCloud) -> None:
    cloudformation, logs = cloud.client("cloudformation"), cloud.client("logs")

    def template(days: int, *, broken: bool) -> str:
        group = {"LogGroupName": "kept", "RetentionInDays": days}
        resources: dict[str, Any] = {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": group}}
        if broken:
            version = {"Type": "AWS::Lambda::Version", "DependsOn": "Group", "Properties": {"FunctionName": "nobody"}}
            resources["Version"] = version
        return json.dumps({"Resources": resources})

    cloudformation.create_stack(StackName="back", TemplateBody=template(7, broken=False))
    cloudformation.update_stack(StackName="back", TemplateBody=template(14, broken=True))

    assert cloudformation.describe_stacks(StackName="back")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"][0]["retentionInDays"] == 7


def test_a_version_of_an_unchanged_function_is_refused_as_in_aws(cloud: LocalCloud, toy: Toy) -> None:
    """CloudFormation refuses to publish what is published already."""
    cloudformation = cloud.client("cloudformation")
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": toy.function}}

    cloudformation.create_stack(StackName="again", TemplateBody=json.dumps({"Resources": {"Version": version}}))

    events = cloudformation.describe_stack_events(StackName="again")["StackEvents"]
    assert any("A version for this Lambda function exists ( 1 )" in e.get("ResourceStatusReason", "") for e in events)


def test_iam_resources_need_the_capability(cloud: LocalCloud) -> None:
    cloudformation = cloud.client("cloudformation")
    policy = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}
    template = json.dumps({"Resources": {"Role": role}})

    with pytest.raises(cloudformation.exceptions.InsufficientCapabilitiesException, match="CAPABILITY_IAM"):
        cloudformation.create_stack(StackName="capable", TemplateBody=template)


@pytest.mark.parametrize(
    ("override", "reason"),
    [("Memory=64", "must be between"), ("Memory=many", "must be a number"), ("Nothing=1", "do not exist")],
)
def test_a_bad_parameter_is_refused_by_name(cloud: LocalCloud, toy: Toy, override: str, reason: str) -> None:
    cloudformation = cloud.client("cloudformation")
    name, value = override.split("=")

    with pytest.raises(cloudformation.exceptions.ClientError, match=reason) as caught:
        cloudformation.create_stack(
            StackName="parameters",
            TemplateBody=(toy.folder / "template.yaml").read_text(),
            Parameters=[{"ParameterKey": name, "ParameterValue": value}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert name in str(caught.value)


def test_removed_resource_is_deleted_unless_retained(cloud: LocalCloud) -> None:
    cloudformation, logs = cloud.client("cloudformation"), cloud.client("logs")

    def template(*names: str) -> str:
        policy = {"stays": "Retain"}
        return json.dumps(
            {
                "Resources": {
                    name: {
                        "Type": "AWS::Logs::LogGroup",
                        "DeletionPolicy": policy.get(name, "Delete"),
                        "Properties": {"LogGroupName": f"removal-{name}"},
                    }
                    for name in names
                }
            }
        )

    cloudformation.create_stack(StackName="removal", TemplateBody=template("first", "goes", "stays"))
    cloudformation.update_stack(StackName="removal", TemplateBody=template("first"))

    groups = logs.describe_log_groups(logGroupNamePrefix="removal-")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["removal-first", "removal-stays"]


def test_function_is_updated_before_its_version_is_published(cloud: LocalCloud, functions: Any) -> None:
    """moto's own engine adds new resources before it updates old ones, and so publishes stale code."""
    cloudformation, s3 = cloud.client("cloudformation"), cloud.client("s3")
    s3.create_bucket(Bucket="order")

    def template(word: str, *versions: str) -> str:
        body = archive(app=f"def handler(event, context):\n    return {word!r}\n")
        s3.put_object(Bucket="order", Key=word, Body=body)
        function = {
            "FunctionName": "order", "Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE,
            "Code": {"S3Bucket": "order", "S3Key": word},
        }  # fmt: skip
        resources: dict[str, Any] = {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}
        for name in versions:
            properties = {"FunctionName": {"Ref": "Function"}}
            resources[name] = {"Type": "AWS::Lambda::Version", "Properties": properties}
        return json.dumps({"Resources": resources})

    cloudformation.create_stack(StackName="order", TemplateBody=template("old", "First"))
    cloudformation.update_stack(StackName="order", TemplateBody=template("new", "First", "Later"))
    until(lambda: functions.get_function_configuration(FunctionName="order", Qualifier="2")["State"] == "Active")

    answers = [functions.invoke(FunctionName="order", Qualifier=number)["Payload"].read() for number in "12"]
    assert answers == [b'"old"', b'"new"']
