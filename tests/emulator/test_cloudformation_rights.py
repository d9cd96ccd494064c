"""The rights that CloudFormation acts with: of the role given, else of the stack's last one, else of the caller."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud
from tests.local.support import until

ACCOUNT = "us-east-1:123456789012"
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}
API = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"info": {"title": "x"}, "paths": {}}}}
POLICY = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {
    "Version": "2012-10-17", "Statement": []}}}  # fmt: skip
BOARD = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{}", "DashboardName": "board"}}
STARTS = ["cloudformation:*", "iam:PassRole"]


@dataclass(frozen=True)
class Deployer:
    """A user who deploys one stack, and a role for it."""

    cloud: LocalCloud
    name: str
    api: Any

    @property
    def role(self) -> str:
        return f"arn:aws:iam::123456789012:role/{self.name}"

    def role_may(self, *actions: str, resource: str = "*", service: str = "cloudformation") -> None:
        """Make the role, which CloudFormation may assume, and set what it may do."""
        iam = self.cloud.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        if self.name not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
            iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        iam.put_role_policy(RoleName=self.name, PolicyName="x", PolicyDocument=document(actions, resource))

    def user_may(self, *actions: str) -> None:
        self.cloud.client("iam").put_user_policy(
            UserName=self.name, PolicyName="x", PolicyDocument=document(actions, "*")
        )

    def create(self, resources: dict[str, Any], **more: Any) -> str:
        """Create the stack; its last status."""
        self.api.create_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}), **more)
        return self.status()

    def status(self) -> str:
        def ended() -> str:
            found = self.api.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            return "" if found.endswith("_IN_PROGRESS") else str(found)

        return str(until(ended))

    def reasons(self) -> str:
        events = self.api.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)


def document(actions: Any, resource: str) -> str:
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


@pytest.fixture
def deployer(cloud: LocalCloud) -> Deployer:
    name = f"d-{uuid.uuid4().hex[:12]}"
    keys = cloud.add_user(name)
    clients = Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key)
    made = Deployer(cloud, name, clients["cloudformation"])
    made.user_may(*STARTS)
    return made


def test_stack_without_a_role_is_made_with_the_callers_rights(deployer: Deployer) -> None:
    assert deployer.create(TOPIC) == "ROLLBACK_COMPLETE"
    assert f"user/{deployer.name} is not authorized to perform: SNS:CreateTopic" in deployer.reasons().replace(
        "sns:", "SNS:"
    )


def test_stack_with_a_role_is_made_with_its_rights_alone(deployer: Deployer) -> None:
    deployer.role_may("sns:*")

    assert deployer.create(TOPIC, RoleARN=deployer.role) == "CREATE_COMPLETE"
    shown = deployer.api.describe_stacks(StackName=deployer.name)["Stacks"][0]
    assert shown["RoleARN"] == deployer.role


@pytest.mark.parametrize(
    ("resources", "missing"),
    [
        ({"Api": API}, "apigateway:POST"),
        ({"Bucket": {"Type": "AWS::S3::Bucket"}, "Policy": POLICY}, "s3:PutBucketPolicy"),
        ({"Board": BOARD}, "cloudwatch:PutDashboard"),
    ],
)
def test_role_without_a_right_fails_the_stack_by_name(
    deployer: Deployer, resources: dict[str, Any], missing: str
) -> None:
    deployer.user_may("*")
    deployer.role_may("s3:CreateBucket", "s3:DeleteBucket")

    assert deployer.create(resources, RoleARN=deployer.role) == "ROLLBACK_COMPLETE"
    assert f"is not authorized to perform: {missing}" in deployer.reasons()


def test_roles_are_written_within_the_boundary_that_the_role_s_right_requires(deployer: Deployer) -> None:
    """The condition iam:PermissionsBoundary, as bootstrap-ci.yaml has it."""
    iam = deployer.cloud.client("iam")
    limit = iam.create_policy(PolicyName=deployer.name, PolicyDocument=document(["s3:*"], "*"))["Policy"]["Arn"]
    deployer.role_may("iam:Get*", "iam:List*", "iam:DeleteRole")
    within = {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy"],
              "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}}}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [within]})
    iam.put_role_policy(RoleName=deployer.name, PolicyName="within", PolicyDocument=policy)
    inline = {"PolicyName": "x", "PolicyDocument": json.loads(document(["s3:GetObject"], "*"))}
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    free = {"AssumeRolePolicyDocument": trust, "Policies": [inline]}

    def made(properties: dict[str, Any]) -> str:
        resource = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
        return deployer.create(resource, RoleARN=deployer.role, Capabilities=["CAPABILITY_IAM"])

    assert made(free) == "ROLLBACK_COMPLETE"
    assert "is not authorized to perform: iam:CreateRole" in deployer.reasons()
    deployer.api.delete_stack(StackName=deployer.name)
    assert made({**free, "PermissionsBoundary": limit}) == "CREATE_COMPLETE"


def test_stack_keeps_its_role_for_later_operations(deployer: Deployer) -> None:
    deployer.role_may("sns:*")
    deployer.create(TOPIC, RoleARN=deployer.role)
    renamed = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x"}}}

    deployer.api.update_stack(StackName=deployer.name, TemplateBody=json.dumps({"Resources": renamed}))

    assert deployer.status() == "UPDATE_COMPLETE"


def test_role_that_the_caller_may_not_pass_is_refused(deployer: Deployer) -> None:
    deployer.role_may("sns:*")
    deployer.user_may("cloudformation:*")

    with pytest.raises(ClientError, match="is not authorized to perform: iam:PassRole"):
        deployer.create(TOPIC, RoleARN=deployer.role)


def test_role_that_cloudformation_may_not_assume_is_refused(deployer: Deployer) -> None:
    deployer.role_may("sns:*", service="lambda")

    with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
        deployer.create(TOPIC, RoleARN=deployer.role)


def test_lambda_reads_code_with_the_rights_of_the_caller(cloud: LocalCloud, new_name: str) -> None:
    keys = cloud.add_user(new_name)
    cloud.client("iam").put_user_policy(UserName=new_name, PolicyName="x", PolicyDocument=document(["lambda:*"], "*"))
    functions = Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key)["lambda"]

    with pytest.raises(ClientError, match=r"s3:GetObject on resource: .arn:aws:s3:::code/x\.zip"):
        functions.publish_layer_version(LayerName=new_name, Content={"S3Bucket": "code", "S3Key": "x.zip"})
