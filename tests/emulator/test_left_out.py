"""Missing features of the local cloud's services: each operation, function and resource type fails by name."""

import json
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from fairlead_local.cloudwatch.composite_rules import parse as parse_rule
from fairlead_local.cloudwatch.math_expression import ExpressionError, parse
from fairlead_local.errors import ServiceError

OPERATIONS = {
    "cloudformation": "DeleteChangeSet ListExports ListImports",
    "cloudwatch": (
        "DeleteDashboards GetDashboard ListDashboards PutDashboard DescribeAlarmsForMetric EnableAlarmActions "
        "DisableAlarmActions ListTagsForResource TagResource UntagResource"
    ),
    "codedeploy": (
        "BatchGetApplications BatchGetDeploymentGroups BatchGetDeploymentTargets BatchGetDeployments ListApplications "
        "ListDeploymentConfigs ListDeploymentGroups ListDeploymentTargets ListTagsForResource TagResource UntagResource"
    ),
    "events": "DescribeRule ListRuleNamesByTarget ListTargetsByRule TestEventPattern",
    "lambda": (
        "GetLayerVersionByArn ListFunctionEventInvokeConfigs ListTags TagResource "
        "UntagResource UpdateFunctionEventInvokeConfig"
    ),
    "stepfunctions": (
        "CreateActivity DescribeMapRun DescribeStateMachine GetExecutionHistory ListExecutions ListStateMachines "
        "RedriveExecution StopExecution"
    ),
    "logs": "DeleteMetricFilter DescribeMetricFilters PutMetricFilter TestMetricFilter",
}
# Operations of services that moto provides, which moto lacks.
OPERATIONS_OF_MOTO = {
    "dynamodb": "ListContributorInsights ListGlobalTables ListImports",
    "iam": "GetContextKeysForCustomPolicy ListServiceSpecificCredentials SimulatePrincipalPolicy",
    "logs": "ListAnomalies",
    "sns": "GetDataProtectionPolicy",
    "sts": "DecodeAuthorizationMessage",
}
# Functions and words of metric math.
MATH = (
    "ABS ANOMALY_DETECTION_BAND AVG CEIL DATAPOINT_COUNT DB_PERF_INSIGHTS DIFF DIFF_TIME FIRST FLOOR LAST LOG LOG10 "
    "INSIGHT_RULE_METRIC MAX METRICS METRIC_COUNT MIN MINUTE PERIOD RATE REMOVE_EMPTY RUNNING_SUM SEARCH SERVICE_QUOTA "
    "SLICE SORT STDDEV SUM TIME_SERIES AND OR"
)
RULES = ("OK(a)", "INSUFFICIENT_DATA(a)", "NOT ALARM(a)", "TRUE", "FALSE", "(ALARM(a))", "ALARM(a) AND ALARM(b)")
EMPTY: dict[str, Any] = {"list": [], "map": {}, "structure": {}}
TYPES = "AWS::Logs::MetricFilter AWS::SNS::Subscription AWS::SNS::TopicPolicy AWS::SQS::Queue"


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        (service, one)
        for table in (OPERATIONS, OPERATIONS_OF_MOTO)
        for service, named in table.items()
        for one in named.split()
    ],
)
def test_an_operation_that_is_left_out_is_refused_by_name(cloud: LocalCloud, service: str, operation: str) -> None:
    made: Any = boto3.client
    client = made(
        service, endpoint_url=cloud.endpoint_url, region_name="us-east-1", aws_access_key_id=cloud.admin.access_key_id,
        aws_secret_access_key=cloud.admin.secret_access_key, config=Config(parameter_validation=False),
    )  # fmt: skip
    shape = client.meta.service_model.operation_model(operation).input_shape
    given = {name: EMPTY.get(shape.members[name].type_name, "x") for name in shape.required_members}

    with pytest.raises(ClientError, match=f"does not implement {service}:{operation}$") as caught:
        getattr(client, xform_name(operation))(**given)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize("function", MATH.split())
def test_a_function_of_metric_math_that_is_left_out_is_refused_by_name(function: str) -> None:
    with pytest.raises(ExpressionError, match=f"does not support the function {function}$"):
        parse(f'{function}([m1, "text"])')


@pytest.mark.parametrize("text", ["m1 ^ 2", "m1 && m2", "m1 || m2", "[m1, m2]", "m1 AND m2", "m1 OR m2", '"text"'])
def test_a_sign_of_metric_math_that_is_left_out_is_refused_by_name(text: str) -> None:
    left_out = next(one for one in ("^", "&&", "||", "[", "AND", "OR", '"') if one in text)
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert left_out in str(caught.value)


@pytest.mark.parametrize("rule", RULES)
def test_an_alarm_rule_that_is_left_out_is_refused_by_name(rule: str) -> None:
    with pytest.raises(ServiceError, match=r"the local cloud supports (ALARM|OR only, not AND)"):
        parse_rule(rule)


@pytest.mark.parametrize("kind", TYPES.split())
def test_a_resource_type_that_is_left_out_fails_the_deployment_by_name(cloud: LocalCloud, kind: str) -> None:
    body = json.dumps({"Resources": {"One": {"Type": kind, "Properties": {}}}})
    with pytest.raises(ClientError, match=f"the local cloud does not support the resource type {kind} "):
        cloud.client("cloudformation").create_stack(StackName="left-out", TemplateBody=body)


@pytest.mark.parametrize("made", ["yes", "no"])
def test_a_resource_type_that_is_left_out_fails_only_the_stack_that_would_make_it(cloud: LocalCloud, made: str) -> None:
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "One": {"Type": "AWS::SQS::Queue", "Condition": "Made", "Properties": {}},
    }
    output = {"Condition": "Made", "Value": {"Ref": "One"}}
    template = {"Conditions": {"Made": {"Fn::Equals": [made, "yes"]}}, "Outputs": {"One": output}}
    client, name = cloud.client("cloudformation"), f"left-out-{made}"

    def create() -> None:
        client.create_stack(StackName=name, TemplateBody=json.dumps(template | {"Resources": resources}))

    if made == "yes":
        with pytest.raises(ClientError, match="does not support the resource type AWS::SQS::Queue "):
            create()
        return
    create()
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert not client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs")
    client.delete_stack(StackName=name)


@pytest.mark.parametrize("function", ["Base64", "Cidr", "GetAZs", "ImportValue", "Length", "ToJsonString", "Transform"])
def test_an_intrinsic_function_that_is_left_out_fails_the_deployment_by_name(cloud: LocalCloud, function: str) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {f"Fn::{function}": "x"}}}
    body = json.dumps({"Resources": {"One": topic}})
    with pytest.raises(ClientError, match=f"the local cloud does not support Fn::{function}$"):
        cloud.client("cloudformation").create_change_set(
            StackName=f"left-out-{function.lower()}", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=body
        )


def test_an_export_fails_the_deployment_by_name(cloud: LocalCloud) -> None:
    template = {
        "Resources": {"One": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Name": {"Value": "x", "Export": {"Name": "x"}}},
    }
    with pytest.raises(ClientError, match=r"does not support outputs with Export \(output Name\)"):
        cloud.client("cloudformation").create_stack(StackName="left-out", TemplateBody=json.dumps(template))
