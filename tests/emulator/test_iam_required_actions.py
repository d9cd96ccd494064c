"""The actions and resources that each call requires, read from requests of boto3."""

import functools
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from fairlead_local.http_message import HttpRequest
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.credentials import read_credentials
from fairlead_local.iam.required_actions import required_actions

HERE = "us-east-1:123456789012"
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"
LAYER = f"arn:aws:lambda:{HERE}:layer:onnx:3"
ROLE = "arn:aws:iam::123456789012:role/r"
ME = "arn:aws:iam::123456789012:user/me"
GROUP = f"arn:aws:codedeploy:{HERE}:deploymentgroup:app/live"
TABLE = f"arn:aws:dynamodb:{HERE}:table/t"
LOGS = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/f:log-stream:"


class Sent(Exception):  # noqa: N818 - not an error
    """The request, intercepted before it is sent."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


@functools.cache
def client(service: str) -> Any:
    keys = {"aws_access_key_id": "A", "aws_secret_access_key": "s"}
    config = Config(parameter_validation=False, s3={"addressing_style": "path"})
    made: Any = boto3.client(service, "us-east-1", endpoint_url="http://h", config=config, **keys)  # type: ignore[call-overload]  # any service

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        raise Sent(request)

    made.meta.events.register("before-send", catch)
    return made


def call(service: str, operation: str, **parameters: Any) -> ApiCall:
    with pytest.raises(Sent) as caught:
        getattr(client(service), operation)(**parameters)
    sent = caught.value.request
    parts = urlsplit(sent.url)
    headers = tuple((name, v.decode() if isinstance(v, bytes) else v) for name, v in sent.headers.items())
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    assert isinstance(body, bytes | bytearray)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    request = HttpRequest(str(sent.method), target, headers, bytes(body), "127.0.0.1")
    return ApiCall(read_credentials(request).service, request)


def needed(service: str, operation: str, **parameters: Any) -> list[tuple[str, str | None]]:
    return required_actions(call(service, operation, **parameters), ME, {"d-1": "app/live"}.get)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "resource"),
    [
        ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", "*"),
        ("s3", "list_objects_v2", {"Bucket": "bkt"}, "s3:ListBucket", "arn:aws:s3:::bkt"),
        ("s3", "head_bucket", {"Bucket": "bkt"}, "s3:ListBucket", "arn:aws:s3:::bkt"),
        ("s3", "list_object_versions", {"Bucket": "bkt"}, "s3:ListBucketVersions", "arn:aws:s3:::bkt"),
        ("s3", "get_bucket_lifecycle_configuration", {"Bucket": "bkt"}, "s3:GetLifecycleConfiguration",
         "arn:aws:s3:::bkt"),
        ("s3", "put_public_access_block", {"Bucket": "bkt", "PublicAccessBlockConfiguration": {}},
         "s3:PutBucketPublicAccessBlock", "arn:aws:s3:::bkt"),
        ("s3", "get_object", {"Bucket": "bkt", "Key": "a b/ü"}, "s3:GetObject", "arn:aws:s3:::bkt/a b/ü"),
        ("s3", "get_object", {"Bucket": "bkt", "Key": "k", "VersionId": "v"}, "s3:GetObjectVersion",
         "arn:aws:s3:::bkt/k"),
        ("s3", "head_object", {"Bucket": "bkt", "Key": "k"}, "s3:GetObject", "arn:aws:s3:::bkt/k"),
        ("s3", "delete_object", {"Bucket": "bkt", "Key": "k", "VersionId": "v"}, "s3:DeleteObjectVersion",
         "arn:aws:s3:::bkt/k"),
        ("s3", "delete_objects", {"Bucket": "bkt", "Delete": {"Objects": [{"Key": "k&"}]}}, "s3:DeleteObject",
         "arn:aws:s3:::bkt/k&"),
        ("s3", "upload_part", {"Bucket": "bkt", "Key": "k", "UploadId": "u", "PartNumber": 1}, "s3:PutObject",
         "arn:aws:s3:::bkt/k"),
        ("s3", "complete_multipart_upload", {"Bucket": "bkt", "Key": "k", "UploadId": "u"}, "s3:PutObject",
         "arn:aws:s3:::bkt/k"),
        ("s3", "abort_multipart_upload", {"Bucket": "bkt", "Key": "k", "UploadId": "u"}, "s3:AbortMultipartUpload",
         "arn:aws:s3:::bkt/k"),
        ("lambda", "invoke", {"FunctionName": "f", "Qualifier": "live"}, "lambda:InvokeFunction", f"{FUNCTION}:live"),
        ("lambda", "invoke", {"FunctionName": f"{FUNCTION}:7", "Payload": b"no json"}, "lambda:InvokeFunction",
         f"{FUNCTION}:7"),
        ("lambda", "get_function_configuration", {"FunctionName": "f"}, "lambda:GetFunctionConfiguration", FUNCTION),
        ("lambda", "publish_version", {"FunctionName": "f"}, "lambda:PublishVersion", FUNCTION),
        ("lambda", "delete_function", {"FunctionName": "f", "Qualifier": "7"}, "lambda:DeleteFunction",
         f"{FUNCTION}:7"),
        ("lambda", "get_layer_version", {"LayerName": "onnx", "VersionNumber": 3}, "lambda:GetLayerVersion", LAYER),
        ("lambda", "publish_layer_version", {"LayerName": "onnx", "Content": {"ZipFile": b"x"}},
         "lambda:PublishLayerVersion", f"arn:aws:lambda:{HERE}:layer:onnx"),
        ("lambda", "list_functions", {}, "lambda:ListFunctions", "*"),
        ("cloudwatch", "set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"},
         "cloudwatch:SetAlarmState", f"arn:aws:cloudwatch:{HERE}:alarm:a"),
        ("cloudwatch", "describe_alarms", {"AlarmNames": ["a"]}, "cloudwatch:DescribeAlarms",
         f"arn:aws:cloudwatch:{HERE}:alarm:*"),
        ("cloudwatch", "get_metric_data", {"MetricDataQueries": [], "StartTime": 1, "EndTime": 2},
         "cloudwatch:GetMetricData", "*"),
        ("codedeploy", "get_deployment", {"deploymentId": "d-1"}, "codedeploy:GetDeployment", GROUP),
        ("codedeploy", "get_deployment", {"deploymentId": "d-2"}, "codedeploy:GetDeployment", None),
        ("codedeploy", "put_lifecycle_event_hook_execution_status", {"deploymentId": "d-1"},
         "codedeploy:PutLifecycleEventHookExecutionStatus", GROUP),
        ("codedeploy", "update_deployment_group", {"applicationName": "app", "currentDeploymentGroupName": "live"},
         "codedeploy:UpdateDeploymentGroup", GROUP),
        ("codedeploy", "list_deployments", {"applicationName": "app", "deploymentGroupName": "live"},
         "codedeploy:ListDeployments", GROUP),
        ("codedeploy", "get_deployment_config", {"deploymentConfigName": "c"}, "codedeploy:GetDeploymentConfig",
         f"arn:aws:codedeploy:{HERE}:deploymentconfig:c"),
        ("codedeploy", "get_application", {"applicationName": "app"}, "codedeploy:GetApplication",
         f"arn:aws:codedeploy:{HERE}:application:app"),
        ("iam", "create_role", {"RoleName": "r", "Path": "/p/", "AssumeRolePolicyDocument": "{}"}, "iam:CreateRole",
         "arn:aws:iam::123456789012:role/p/r"),
        ("iam", "create_policy", {"PolicyName": "x", "Path": "/p/", "PolicyDocument": "{}"}, "iam:CreatePolicy",
         "arn:aws:iam::123456789012:policy/p/x"),
        ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/f"}, "logs:FilterLogEvents", LOGS),
        ("logs", "put_log_events", {"logGroupName": "/aws/lambda/f", "logStreamName": "s", "logEvents": []},
         "logs:PutLogEvents", f"{LOGS}s"),
        ("logs", "start_query", {"logGroupNames": ["/aws/lambda/f"], "startTime": 1, "endTime": 2, "queryString": "q"},
         "logs:StartQuery", LOGS),
        ("dynamodb", "get_item", {"TableName": TABLE, "Key": {"k": {"S": "1"}}}, "dynamodb:GetItem", TABLE),
        ("dynamodb", "query", {"TableName": "t", "IndexName": "i"}, "dynamodb:Query", f"{TABLE}/index/i"),
        ("dynamodb", "batch_get_item", {"RequestItems": {"t": {"Keys": []}}}, "dynamodb:BatchGetItem", TABLE),
        ("dynamodb", "batch_get_item", {"RequestItems": {TABLE: {"Keys": []}}}, "dynamodb:BatchGetItem", TABLE),
        ("dynamodb", "batch_write_item", {"RequestItems": {"t": []}}, "dynamodb:BatchWriteItem", TABLE),
        ("dynamodb", "update_time_to_live", {"TableName": "t"}, "dynamodb:UpdateTimeToLive", TABLE),
        ("logs", "put_subscription_filter", {"logGroupName": "/aws/lambda/f"}, "logs:PutSubscriptionFilter", LOGS),
        ("lambda", "put_function_event_invoke_config", {"FunctionName": "f"}, "lambda:PutFunctionEventInvokeConfig",
         FUNCTION),
        ("sns", "publish_batch", {"TopicArn": f"arn:aws:sns:{HERE}:t", "PublishBatchRequestEntries": []},
         "sns:Publish", f"arn:aws:sns:{HERE}:t"),
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "m"}, "sns:Publish",
         f"arn:aws:sns:{HERE}:t"),
        ("sqs", "send_message", {"QueueUrl": "http://h/123456789012/q", "MessageBody": "m"}, "sqs:SendMessage",
         f"arn:aws:sqs:{HERE}:q"),
        ("events", "put_rule", {"Name": "r"}, "events:PutRule", f"arn:aws:events:{HERE}:rule/r"),
        ("events", "put_targets", {"Rule": "r", "EventBusName": "bus", "Targets": []}, "events:PutTargets",
         f"arn:aws:events:{HERE}:rule/bus/r"),
        ("events", "put_events", {"Entries": [{"Source": "s"}]}, "events:PutEvents",
         f"arn:aws:events:{HERE}:event-bus/default"),
        ("cloudformation", "describe_stacks", {"StackName": "s"}, "cloudformation:DescribeStacks",
         f"arn:aws:cloudformation:{HERE}:stack/s/*"),
        ("cloudformation", "describe_stacks", {}, "cloudformation:DescribeStacks", "*"),
        ("cloudformation", "create_change_set", {"StackName": "s", "ChangeSetName": "c"},
         "cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{HERE}:stack/s/*"),
        ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole", ROLE),
        ("iam", "get_user", {}, "iam:GetUser", ME),
        ("iam", "put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"}, "iam:PutRolePolicy",
         ROLE),
        ("iam", "create_saml_provider", {"Name": "n", "SAMLMetadataDocument": "x" * 1000}, "iam:CreateSAMLProvider",
         None),
        ("xray", "put_trace_segments", {"TraceSegmentDocuments": []}, "xray:PutTraceSegments", "*"),
        ("apigateway", "get_rest_apis", {}, "apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis"),
        ("ecs", "list_clusters", {}, "ecs:ListClusters", None),
    ],
)  # fmt: skip
def test_a_call_needs_its_action_on_its_resource(
    service: str, operation: str, parameters: dict[str, Any], action: str, resource: str | None
) -> None:
    assert needed(service, operation, **parameters) == [(action, resource)]


def test_get_caller_identity_requires_no_right() -> None:
    assert needed("sts", "get_caller_identity") == []


@pytest.mark.parametrize(
    ("operation", "action", "parameters"),
    [
        ("create_alias", "CreateAlias", {"Name": "live", "FunctionVersion": "1"}),
        ("get_alias", "GetAlias", {"Name": "live"}),
        ("update_alias", "UpdateAlias", {"Name": "live"}),
        ("delete_alias", "DeleteAlias", {"Name": "live"}),
        ("list_aliases", "ListAliases", {}),
    ],
)
def test_alias_operation_requires_the_function_alone(operation: str, action: str, parameters: dict[str, str]) -> None:
    assert needed("lambda", operation, FunctionName="f", **parameters) == [(f"lambda:{action}", FUNCTION)]


def test_function_update_requires_layers_and_pass_role() -> None:
    assert needed("lambda", "update_function_configuration", FunctionName="f", Layers=[LAYER], Role=ROLE) == [
        ("lambda:UpdateFunctionConfiguration", FUNCTION),
        ("iam:PassRole", ROLE),
        ("lambda:GetLayerVersion", LAYER),
    ]


def test_deployment_requires_revision_and_configuration() -> None:
    deployment = {"applicationName": "app", "deploymentGroupName": "live", "deploymentConfigName": "c"}

    assert needed("codedeploy", "create_deployment", **deployment, revision={"revisionType": "AppSpecContent"}) == [
        ("codedeploy:CreateDeployment", GROUP),
        ("codedeploy:RegisterApplicationRevision", f"arn:aws:codedeploy:{HERE}:application:app"),
        ("codedeploy:GetDeploymentConfig", f"arn:aws:codedeploy:{HERE}:deploymentconfig:c"),
    ]


def test_copy_requires_its_source() -> None:
    assert needed("s3", "copy_object", Bucket="bkt", Key="k", CopySource={"Bucket": "other", "Key": "o"}) == [
        ("s3:PutObject", "arn:aws:s3:::bkt/k"),
        ("s3:GetObject", "arn:aws:s3:::other/o"),
    ]


def test_transaction_requires_the_action_of_each_part() -> None:
    key = {"k": {"S": "1"}}
    items = [
        {"Put": {"TableName": "t", "Item": key}},
        {"Update": {"TableName": f"arn:aws:dynamodb:{HERE}:table/u", "Key": key}},
        {"ConditionCheck": {"TableName": "t", "Key": key}},
    ]

    assert needed("dynamodb", "transact_write_items", TransactItems=items) == [
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", f"arn:aws:dynamodb:{HERE}:table/u"),
        ("dynamodb:ConditionCheckItem", TABLE),
    ]


def test_each_named_alarm_is_required() -> None:
    assert needed("cloudwatch", "delete_alarms", AlarmNames=["a", "b"]) == [
        ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:{name}") for name in "ab"
    ]


def test_compressed_parameters_are_read() -> None:
    data = [{"MetricName": "m", "Value": 1.0, "Dimensions": [{"Name": "n", "Value": "x" * 200}]}] * 100

    found = call("cloudwatch", "put_metric_data", Namespace="Fairlead", MetricData=data)

    assert found.request.header("Content-Encoding") == "gzip"
    assert found.text("Namespace") == "Fairlead"
