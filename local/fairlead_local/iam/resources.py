"""The resources of each API call: one table, and the values that fill it.

A row has operations (with wildcards) and the resources that each of them requires; the first matching row applies.
Braces hold parameters of the call or values of `_facts`; a list gives one resource per item. Of alternatives separated
by `|`, the first whose values are all present applies. `*` stands for actions without a resource. A call that no row
fits has no resource: see `policies.AccessRequest`.
"""

import fnmatch
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from fairlead_local.account import PARTITION, REGION, arn, function_and_qualifier
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.identities import iam

WORD = re.compile(r"\{(\w+)\}")
TABLE: dict[str, list[tuple[str, str]]] = {
    "s3": [
        ("ListBuckets", "*"),
        ("*", "arn:aws:s3:::{Bucket}/{Key}|arn:aws:s3:::{Bucket}"),
    ],
    "lambda": [
        ("GetAccountSettings ListFunctions ListLayers ListLayerVersions", "*"),
        ("ListEventSourceMappings CreateEventSourceMapping", "*"),
        ("GetLayerVersion DeleteLayerVersion *LayerVersionPolicy *LayerVersionPermission",
         "layer:{LayerName}:{VersionNumber}"),
        ("PublishLayerVersion", "layer:{LayerName}"),
        # The Service Authorization Reference gives them the resource type `function`: the alias's name does not count.
        ("CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases", "function:{function}"),
        ("*", "function:{function}:{qualifier}|function:{function}"),
    ],
    "cloudwatch": [
        ("PutMetricData GetMetric* ListMetrics", "*"),
        # For any alarm names.
        ("DescribeAlarms", "alarm:*"),
        ("DescribeAlarmHistory", "alarm:{AlarmName}|alarm:*"),
        ("*", "alarm:{AlarmName}|alarm:{AlarmNames}"),
    ],
    "codedeploy": [
        ("*DeploymentConfig", "deploymentconfig:{deploymentConfigName}"),
        ("*Application *ApplicationRevision", "application:{applicationName}"),
        ("UpdateDeploymentGroup", "deploymentgroup:{applicationName}/{currentDeploymentGroupName}"),
        ("*", "deploymentgroup:{applicationName}/{deploymentGroupName}|deploymentgroup:{group}"),
    ],
    "logs": [
        ("DescribeLogGroups", "log-group::log-stream:*"),
        ("GetQueryResults StopQuery DescribeQueries DescribeDestinations DescribeExportTasks PutResourcePolicy", "*"),
        ("CreateLogStream DeleteLogStream PutLogEvents GetLogEvents",
         "log-group:{logGroupName}:log-stream:{logStreamName}"),
        ("*agResource ListTagsForResource", "{resourceArn}"),
        ("*", "log-group:{groups}:log-stream:"),
    ],
    "dynamodb": [
        ("ListTables DescribeLimits DescribeEndpoints", "*"),
        ("*agResource ListTagsOfResource", "{ResourceArn}"),
        ("Query Scan", "table/{table}/index/{IndexName}|table/{table}"),
        ("*", "table/{table}"),
    ],
    "sns": [
        ("ListTopics ListSubscriptions", "*"),
        ("CreateTopic", "{Name}"),
        ("*", "{TopicArn}|{TargetArn}|{ResourceArn}|{SubscriptionArn}"),
    ],
    "sqs": [("ListQueues", "*"), ("*", "{queue}|{QueueName}")],
    "events": [
        ("ListRules", "*"),
        ("PutEvents", "event-bus/{buses}"),
        ("*EventBus", "event-bus/{Name}|event-bus/default"),
        ("*agResource ListTagsForResource", "{ResourceARN}"),
        ("*", "rule/{bus}/{rule}|rule/{rule}"),
    ],
    "cloudformation": [
        ("ListStacks ValidateTemplate GetTemplateSummary ListImports DescribeAccountLimits", "*"),
        ("*ChangeSet *ChangeSets", "{stack}|{ChangeSetName}"),
        ("DescribeStacks", "{stack}|*"),
        ("*", "{stack}"),
    ],
    "states": [
        ("ListStateMachines", "*"),
        ("CreateStateMachine", "stateMachine:{name}"),
        ("*", "{stateMachineArn}|{executionArn}"),
    ],
    "sts": [
        ("AssumeRole", "{RoleArn}"),
        ("GetAccessKeyInfo DecodeAuthorizationMessage", "*"),
    ],
    "iam": [
        ("*UserToGroup *UserFromGroup", "group/{GroupName}"),
        ("*InstanceProfile", "instance-profile/{InstanceProfileName}"),
        ("ListUsers ListRoles ListGroups ListPolicies ListInstanceProfiles ListAccountAliases GetAccount*", "*"),
        ("ListOpenIDConnectProviders", "*"),
        ("CreatePolicy", "policy{path}{PolicyName}"),
        ("*OpenIDConnectProvider", "{OpenIDConnectProviderArn}"),
        ("GetUser *AccessKey *AccessKeys", "user/{UserName}|{user}"),
        ("*", "{role}|user/{UserName}|group/{GroupName}|{PolicyArn}"),
    ],
    "xray": [("*", "*")],
    "resourcegroupstaggingapi": [("*", "*")],
}  # fmt: skip


def resources(call: ApiCall, caller_arn: str, group: Callable[[str], str | None]) -> list[str | None]:
    """Return every ARN (or `*`) that the call requires, `[None]` if unknown. `group` returns a deployment's group."""
    if call.service == "apigateway":
        return [f"arn:{PARTITION}:apigateway:{REGION}::{call.request.path}"]
    line = _line(call.service, call.operation)
    if line is None:
        return [None]
    facts = {**call.parameters, **_facts(call, caller_arn, group)}
    for alternative in line.split("|"):
        if found := _filled(alternative, facts, call.service):
            return list(found)
    return [None]


@functools.lru_cache(maxsize=1024)
def _line(service: str, operation: str) -> str | None:
    for operations, line in TABLE.get(service, []) if operation else []:
        if any(fnmatch.fnmatchcase(operation, pattern) for pattern in operations.split()):
            return line
    return None


def _filled(part: str, facts: Mapping[str, Any], service: str) -> list[str]:
    """Return one resource for each value of the last name in braces; none if a value is missing."""
    texts = [part]
    for word in WORD.findall(part):
        value = facts.get(word)
        values = [str(one) for one in (value if isinstance(value, list | tuple) else [value]) if one not in (None, "")]
        texts = [text.replace("{" + word + "}", one) for text in texts for one in values]
    return [_full(text, service) for text in texts]


def _full(text: str, service: str) -> str:
    if text == "*" or text.startswith("arn:"):
        return text
    return arn(service, text, region="" if service == "iam" else REGION)


def _role(call: ApiCall) -> str:
    """Return the ARN of the role that a call names, or of the one that it creates: its path is a part of it."""
    name = call.text("RoleName")
    found = next((one for one in list(iam().roles.values()) if one.name == name), None)
    return found.arn if found else f"role{call.text('Path') or '/'}{name}" if name else ""


def _facts(call: ApiCall, caller_arn: str, group: Callable[[str], str | None]) -> dict[str, Any]:
    """Return values that follow from the parameters."""
    facts: dict[str, Any] = {}
    if call.service == "iam":
        facts |= {"user": caller_arn, "path": call.text("Path") or "/", "role": _role(call)}
    if call.service == "lambda" and call.text("FunctionName"):
        facts["function"], inside = function_and_qualifier(call.text("FunctionName"))
        facts["qualifier"] = inside or call.text("Qualifier")
    if call.service == "cloudformation" and (stack := call.text("StackName")):
        facts["stack"] = stack if stack.startswith("arn:") else f"stack/{stack}/*"
    if call.service == "codedeploy" and call.text("deploymentId"):
        facts["group"] = group(call.text("deploymentId"))
    if call.service == "logs":
        named = call.text("logGroupName") or call.text("logGroupIdentifier") or call.texts("logGroupNames")
        groups = [named] if isinstance(named, str) else named
        facts["groups"] = [one.partition(":log-group:")[2].removesuffix(":*") or one for one in groups]
    if call.service == "sqs":
        facts["queue"] = call.text("QueueUrl").rpartition("/")[2]
    if call.service == "events":
        bus = call.text("EventBusName").rpartition("/")[2]
        entries = call.parameters.get("Entries", []) if call.operation == "PutEvents" else []
        facts["bus"] = "" if bus == "default" else bus
        facts["buses"] = sorted({(entry.get("EventBusName") or "default").rpartition("/")[2] for entry in entries})
        facts["rule"] = call.text("Rule") or call.text("Name")
    if call.service == "dynamodb":
        named = [call.text("TableName")] if call.text("TableName") else sorted(call.parameters.get("RequestItems", {}))
        facts["table"] = [name.rpartition("/")[2] for name in named]
    return facts
