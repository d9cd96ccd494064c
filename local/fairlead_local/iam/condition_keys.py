"""The condition keys of a request, and the list of keys that the local cloud supports."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam import s3_actions
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.identities import Caller, iam
from fairlead_local.iam.required_actions import layers, passed_to
from fairlead_local.iam.wildcards import Context

# Supported keys, which may be absent from a request; a statement with any other key denies. A key of another service
# than the request's is absent, as in AWS.
KNOWN = {
    "aws:securetransport", "aws:sourceip", "aws:requestedregion", "aws:currenttime", "aws:epochtime", "aws:useragent",
    "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username",
    "aws:resourceaccount", "aws:sourcearn", "aws:sourceaccount", "aws:viaawsservice", "aws:calledvia",
    "aws:principalisawsservice", "aws:federatedprovider", "aws:principalservicename", "aws:multifactorauthpresent",
    "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:versionid", "s3:if-none-match", "s3:if-match",
    "s3:objectcreationoperation", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:x-amz-storage-class",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:authtype", "s3:signatureversion", "s3:resourceaccount",
    "lambda:layer", "dynamodb:leadingkeys", "cloudwatch:namespace", "iam:passedtoservice", "iam:permissionsboundary",
    "sts:externalid", "sts:rolesessionname",
}  # fmt: skip
# The operations for which the local cloud can tell it.
LEADING_KEYS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}


def general(request: HttpRequest, caller: Caller) -> dict[str, tuple[str, ...]]:
    """Return the global keys (lower case) with their values. Plain HTTP counts as TLS: nothing here uses TLS."""
    now = datetime.now(UTC)
    return caller.context | {
        "aws:securetransport": ("true",),
        "aws:sourceip": (request.source_ip,),
        "aws:requestedregion": (REGION,),
        "aws:currenttime": (f"{now:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:useragent": (request.header("User-Agent") or "",),
        "aws:resourceaccount": (ACCOUNT,),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
    }


def context(call: ApiCall, caller: Caller) -> Context:
    """Return the global keys and those of the service."""
    return general(call.request, caller) | _own(call)


def known(service: str, operation: str = "") -> Callable[[str], bool]:
    """Return a function that says whether a key is supported, so that its absence means that it is absent."""
    own = f"{service}:"

    def knows(key: str) -> bool:
        if key == "dynamodb:leadingkeys" and service == "dynamodb":
            return operation in LEADING_KEYS
        if key.startswith("aws:resourcetag/"):
            # Its own API serves no REST APIs, so there are none; CloudFormation's calls have them.
            return service == "apigateway"
        return key in KNOWN or key.startswith("aws:principaltag/") or not key.startswith((own, "aws:"))

    return knows


def _own(call: ApiCall) -> dict[str, tuple[str, ...]]:
    if call.service == "s3":
        how = ("REST-QUERY-STRING",) if "X-Amz-Signature" in call.query else ("REST-HEADER",)
        signed = {"s3:authtype": how, "s3:signatureversion": ("AWS4-HMAC-SHA256",), "s3:resourceaccount": (ACCOUNT,)}
        return signed | s3_actions.context(call.operation, call.request, call.query)
    found: dict[str, Any] = {"lambda:layer": layers(call), "iam:passedtoservice": passed_to(call)}
    if call.service == "iam":
        found["iam:permissionsboundary"] = _boundary(call)
    if call.service == "cloudwatch" and call.operation == "PutMetricData":
        found["cloudwatch:namespace"] = call.text("Namespace")
    if call.service == "sts":
        found |= {"sts:externalid": call.text("ExternalId"), "sts:rolesessionname": call.text("RoleSessionName")}
    if call.service == "dynamodb" and call.operation in LEADING_KEYS:
        found["dynamodb:leadingkeys"] = _leading_key(call)
    return {key: tuple([value] if isinstance(value, str) else value) for key, value in found.items() if value}


def _boundary(call: ApiCall) -> str | None:
    """Return the permissions boundary that a call gives a role, else the one that the role has."""
    named = next((one for one in list(iam().roles.values()) if one.name == call.text("RoleName")), None)
    return call.text("PermissionsBoundary") or (named.permissions_boundary_arn if named else None)


def _leading_key(call: ApiCall) -> str | None:
    """Return the partition key's value by the table's schema."""
    from moto.dynamodb.models import dynamodb_backends

    table = dynamodb_backends[ACCOUNT][REGION].tables.get(call.text("TableName").rpartition("/")[2])
    item = call.parameters.get("Item" if call.operation == "PutItem" else "Key", {})
    value = item.get(table.hash_key_attr) if table else None
    return str(next(iter(value.values()))) if value else None
