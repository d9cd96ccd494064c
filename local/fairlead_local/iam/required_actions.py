"""The actions that a call requires: its own on its resources, and those that AWS requires in addition."""

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead_local.account import arn
from fairlead_local.iam import s3_actions
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.resources import resources

RequiredAction = tuple[str, str | None]  # action, resource
Group = Callable[[str], str | None]
# IAM's prefixes that differ from botocore's names, and actions that differ from operations.
PREFIXES = {"resourcegroupstaggingapi": "tag"}
ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("dynamodb", "BatchExecuteStatement"): "PartiQLSelect",
    ("sns", "PublishBatch"): "Publish",
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
}
# Calls that need no permission.
FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
               "Get": "GetItem"}  # fmt: skip
# The service that assumes a passed role, by the parameter with the role.
PASSED = {
    ("lambda", "Role"): "lambda.amazonaws.com",
    ("codedeploy", "serviceRoleArn"): "codedeploy.amazonaws.com",
    ("events", "RoleArn"): "events.amazonaws.com",
    ("cloudformation", "RoleARN"): "cloudformation.amazonaws.com",
    ("states", "roleArn"): "states.amazonaws.com",
}


def required_actions(call: ApiCall, caller_arn: str, group: Group) -> list[RequiredAction]:
    """Return every required action with its resource; the first is the call's own."""
    if (call.service, call.operation) in FREE:
        return []
    if call.service == "dynamodb" and call.operation.startswith("Transact"):
        return list(_transaction(call))
    if call.service == "s3" and call.operation == "DeleteObjects":
        return [
            ("s3:DeleteObject", f"arn:aws:s3:::{call.text('Bucket')}/{key}")
            for key in s3_actions.keys(call.request.body)
        ]
    name = action(call)
    return [*((name, one) for one in resources(call, caller_arn, group)), *_besides(call)]


def action(call: ApiCall) -> str:
    """Return IAM's name of the call's action; `service:?` if the operation is unknown."""
    if call.service == "s3" and call.operation:
        return s3_actions.action(call.operation, call.query)
    if call.service == "apigateway":
        return f"apigateway:{call.request.method}"
    named = ACTIONS.get((call.service, call.operation), call.operation) or "?"
    return f"{PREFIXES.get(call.service, call.service)}:{named}"


def passed_to(call: ApiCall) -> str | None:
    """Return the service that a call passes a role to."""
    return next(
        (taker for (service, name), taker in PASSED.items() if service == call.service and call.text(name)), None
    )


def _besides(call: ApiCall) -> Iterator[RequiredAction]:
    if call.service == "s3" and (source := call.request.header("x-amz-copy-source")):
        yield "s3:GetObject", f"arn:aws:s3:::{source.lstrip('/').partition('?')[0]}"
    for service, name in PASSED:
        if service == call.service and (role := call.text(name)):
            yield "iam:PassRole", role
    if call.service == "lambda" and fnmatch.fnmatchcase(call.operation, "*Function*"):
        yield from (("lambda:GetLayerVersion", layer) for layer in layers(call))
    if call.service == "lambda" and (code := _code(call)):
        yield "s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}"
    if call.service == "states" and call.parameters.get("tags"):
        yield "states:TagResource", arn("states", f"stateMachine:{call.text('name')}")
    if call.service == "codedeploy" and call.operation == "CreateDeployment":
        if call.parameters.get("revision"):
            yield (
                "codedeploy:RegisterApplicationRevision",
                arn("codedeploy", f"application:{call.text('applicationName')}"),
            )
        if chosen := call.text("deploymentConfigName"):
            yield "codedeploy:GetDeploymentConfig", arn("codedeploy", f"deploymentconfig:{chosen}")


def _code(call: ApiCall) -> Mapping[str, Any]:
    """Return the object with the code that a call gives Lambda; {} for code in the request."""
    given = call.parameters.get({"CreateFunction": "Code", "PublishLayerVersion": "Content"}.get(call.operation, ""))
    given = call.parameters if call.operation == "UpdateFunctionCode" else given or {}
    return given if given.get("S3Bucket") else {}


def layers(call: ApiCall) -> list[str]:
    """Return the layer versions that a call gives a function."""
    return call.texts("Layers") if call.service == "lambda" and "Function" in call.operation else []


def _transaction(call: ApiCall) -> Iterator[RequiredAction]:
    """Yield the actions of a transaction's parts; a transaction has no action of its own."""
    for item in call.parameters.get("TransactItems", []):
        for kind, what in item.items():
            table = what["TableName"].rpartition("/")[2]
            yield f"dynamodb:{TRANSACTION[kind]}", arn("dynamodb", f"table/{table}")
