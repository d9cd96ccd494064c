"""API Gateway: a request is authorised, passed to its function, and answered."""

import base64
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

from fairlead_local.account import ACCOUNT, arn, function_and_qualifier
from fairlead_local.apigateway.apis import Apis, Stage
from fairlead_local.apigateway.authorizer import Authorizer
from fairlead_local.apigateway.gateway_error import GatewayError
from fairlead_local.apigateway.gateway_responses import render
from fairlead_local.apigateway.proxy_event import Facts, is_binary, proxy_event
from fairlead_local.apigateway.routes import Match, Operation
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest, HttpResponse
from fairlead_local.lambda_.invoke import Invoker
from fairlead_local.lambda_.resource_policies import Permissions
from fairlead_local.times import moment

BODY_LIMIT = 10 * 1024 * 1024  # bytes
INTEGRATION_SECONDS = 29.0
PRINCIPAL = "apigateway.amazonaws.com"
MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
REMAPPED = {"connection", "content-length", "date", "server", "transfer-encoding", "www-authenticate"}


class Gateway:
    """Answers every request; a GatewayError becomes a gateway response."""

    def __init__(
        self, apis: Apis, invoker: Invoker, permissions: Permissions, authorizer: Authorizer, metrics: ServiceMetrics
    ) -> None:
        self._apis = apis
        self._invoker = invoker
        self._permissions = permissions
        self._authorizer = authorizer
        self._metrics = metrics
        self._workers = ThreadPoolExecutor(64, thread_name_prefix="integration")

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the response; it always has a request id."""
        first, _, rest = request.path.lstrip("/").partition("/")
        host = request.header("Host") or ""
        at, began = self._metrics.now(), time.monotonic()
        named = None if self._apis.is_domain(host) else self._apis.stage(first)
        stage = named or self._apis.mapped(host, first)
        trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
        request_id = str(uuid.uuid4())
        if stage is None:
            response = render(GatewayError.forbidden(), {}, accept="", context={})
        else:
            facts = Facts(request_id, stage, f"/{rest}", moment(at), trace, base=first, mapped=named is None)
            response = self._answer(request, facts)
            took = (time.monotonic() - began) * 1000
            self._metrics.called(self._apis.name(stage), stage.name, at=at, status=response.status, milliseconds=took)
        response.set("x-amzn-RequestId", request_id)
        response.set("x-amz-apigw-id", request_id[:15])
        if not response.has("X-Amzn-Trace-Id"):
            response.set("X-Amzn-Trace-Id", trace)
        return response

    def close(self) -> None:
        """Stop the workers."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: HttpRequest, facts: Facts) -> HttpResponse:
        match = facts.stage.deployment.routes.match(request.method, facts.path)
        try:
            return self._served(request, match, facts)
        except GatewayError as error:
            context = _context(request, match, facts)
            accept = request.header("Accept") or ""
            return render(error, facts.stage.deployment.responses, accept=accept, context=context)

    def _served(self, request: HttpRequest, match: Match | None, facts: Facts) -> HttpResponse:
        if match is None:
            raise GatewayError.missing_token()
        if len(request.body) > BODY_LIMIT:
            raise GatewayError.too_large()
        resource = f"{facts.stage.deployment.api_id}/{facts.stage.name}/{request.method}{facts.path}"
        caller = self._authorizer.authorize(request, resource) if match.operation.iam else None
        event = proxy_event(request, match, caller, facts)
        answer = self._call(match.operation, facts, json.dumps(event).encode())
        return _response(answer, request, facts.stage)

    def _call(self, operation: Operation, facts: Facts, event: bytes) -> Any:
        """Return the function's answer; the permission must be on the qualifier that the integration names."""
        name, qualifier = function_and_qualifier(operation.function)
        method = "*" if operation.method == "ANY" else operation.method
        source = arn(
            "execute-api", f"{facts.stage.deployment.api_id}/{facts.stage.name}/{method}{_as_source(operation)}"
        )
        try:
            if not self._permissions.allows(name, qualifier, service=PRINCIPAL, source_arn=source):
                raise GatewayError.misconfigured()
            work = self._workers.submit(self._invoker.call, name, qualifier, event, trace=facts.trace)
            outcome = work.result(INTEGRATION_SECONDS)
        except Late as error:
            raise GatewayError.timeout() from error
        except ServiceError as error:
            raise (GatewayError.misconfigured() if error.status == 404 else GatewayError.throttled()) from error
        if outcome.error:
            raise GatewayError.bad_answer()
        try:
            return json.loads(outcome.payload)
        except ValueError as error:
            raise GatewayError.bad_answer() from error


def _as_source(operation: Operation) -> str:
    """Return the resource as the source ARN has it: with a star for each parameter."""
    parts = ["*" if part.startswith("{") else part for part in operation.resource.split("/")]
    return "/".join(parts)


def _response(answer: Any, request: HttpRequest, stage: Stage) -> HttpResponse:
    """Return a proxy response as an HTTP response; raises GatewayError for an invalid one."""
    if not isinstance(answer, dict) or set(answer) - MEMBERS or "statusCode" not in answer:
        raise GatewayError.bad_answer()
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise GatewayError.bad_answer()
    try:
        response = HttpResponse(int(answer["statusCode"]))
        response.body = _body(body or "", answer, request, stage)
        _add_headers(response, answer)
    except (TypeError, ValueError, AttributeError) as error:
        raise GatewayError.bad_answer() from error
    if not 100 <= response.status <= 599:
        raise GatewayError.bad_answer()
    if not response.has("Content-Type"):
        response.set("Content-Type", "application/json")
    return response


def _body(text: str, answer: dict[str, Any], request: HttpRequest, stage: Stage) -> bytes:
    """Return the body; Base64 is decoded only if the caller's first accepted type is binary for the API."""
    accept = (request.header("Accept") or "").split(",")[0]
    if answer.get("isBase64Encoded") and is_binary(accept, stage.deployment.binary_types):
        return base64.b64decode(text, validate=True)
    return text.encode()


def _add_headers(response: HttpResponse, answer: dict[str, Any]) -> None:
    several = answer.get("multiValueHeaders") or {}
    listed = {name.lower() for name in several}
    for name, value in (answer.get("headers") or {}).items():
        if name.lower() not in listed:
            response.headers.append((_outer(name), _text(value)))
    for name, values in several.items():
        response.headers += [(_outer(name), _text(value)) for value in values]


def _outer(name: str) -> str:
    return f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\r" in text or "\n" in text:
        raise ValueError("a header's value has a line break")
    return text


def _context(request: HttpRequest, match: Match | None, facts: Facts) -> dict[str, str]:
    return {
        "context.accountId": ACCOUNT,
        "context.apiId": facts.stage.deployment.api_id,
        "context.extendedRequestId": facts.request_id[:15],
        "context.httpMethod": request.method,
        "context.identity.sourceIp": request.source_ip,
        "context.path": f"/{facts.base}{facts.path}",
        "context.requestId": facts.request_id,
        "context.requestTime": f"{facts.at:%d/%b/%Y:%H:%M:%S +0000}",
        "context.resourcePath": match.operation.resource if match else "",
        "context.stage": facts.stage.name,
        **{f"stageVariables.{name}": value for name, value in facts.stage.variables.items()},
    }
