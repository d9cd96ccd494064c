"""The Lambda proxy event (version 1.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import fnmatch
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fairlead_local.account import ACCOUNT
from fairlead_local.apigateway.apis import Stage
from fairlead_local.apigateway.routes import Match
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam.identities import Caller

IDENTITY = (
    "accessKey", "accountId", "apiKey", "apiKeyId", "caller", "clientCert", "cognitoAuthenticationProvider",
    "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user",
    "userAgent", "userArn", "vpcId", "vpceId",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Request id, stage, path, time and trace of one request.

    `base` is the first part of the request's path: the stage, or a custom domain's base path (`mapped`).
    """

    request_id: str
    stage: Stage
    path: str  # below the stage
    at: datetime
    trace: str
    base: str
    mapped: bool


def proxy_event(request: HttpRequest, match: Match, caller: Caller | None, facts: Facts) -> dict[str, Any]:
    """Return the event; in a text body, invalid UTF-8 is replaced, as in API Gateway."""
    headers: dict[str, list[str]] = {}
    for name, value in (*request.headers, *_added(request, facts)):
        headers.setdefault(name, []).append(value)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    body, encoded = _body(request, facts.stage.deployment.binary_types)
    return {
        "resource": match.operation.resource,
        # With a custom domain, the base path stays in front (Powertools for AWS, "Custom Domain API Mappings").
        "path": f"/{facts.base}{facts.path}" if facts.mapped else facts.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": facts.stage.variables or None,
        "requestContext": _context(request, match, caller, facts),
        "body": body,
        "isBase64Encoded": encoded,
    }


def is_binary(content_type: str, declared: tuple[str, ...]) -> bool:
    """Return whether a media type is one of the API's binary types, which may have wildcards."""
    bare = content_type.split(";", maxsplit=1)[0].strip().lower()
    return any(fnmatch.fnmatchcase(bare, pattern.replace("~1", "/").lower()) for pattern in declared)


def _added(request: HttpRequest, facts: Facts) -> list[tuple[str, str]]:
    return [
        ("X-Amzn-Trace-Id", facts.trace),
        ("X-Forwarded-For", request.source_ip),
        ("X-Forwarded-Port", (request.header("Host") or "").rpartition(":")[2]),
        ("X-Forwarded-Proto", "http"),  # AWS: https, at port 443
    ]


def _body(request: HttpRequest, binary_types: tuple[str, ...]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if is_binary(request.header("Content-Type") or "application/json", binary_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def _context(request: HttpRequest, match: Match, caller: Caller | None, facts: Facts) -> dict[str, Any]:
    identity: dict[str, Any] = dict.fromkeys(IDENTITY)
    identity |= {"sourceIp": request.source_ip, "userAgent": request.header("User-Agent")}
    if caller:
        identity |= {"accessKey": caller.access_key, "accountId": ACCOUNT, "userArn": caller.arn}
        identity |= {"caller": caller.user_id, "user": caller.user_id}
    host = request.header("Host") or ""
    return {
        "accountId": ACCOUNT,
        "apiId": facts.stage.deployment.api_id,
        "deploymentId": facts.stage.deployment.id,
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "extendedRequestId": facts.request_id[:15],
        "httpMethod": request.method,
        "identity": identity,
        "path": f"/{facts.base}{facts.path}",
        "protocol": "HTTP/1.1",
        "requestId": facts.request_id,
        "requestTime": f"{facts.at:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(facts.at.timestamp() * 1000),
        "resourceId": f"{abs(hash(match.operation.resource)):x}"[:6],
        "resourcePath": match.operation.resource,
        "stage": facts.stage.name,
    }
