"""API Gateway's timeout, routes, deployments and gateway responses, without a cloud."""

import json
import time
from typing import Any

import pytest

from fairlead_local.apigateway import gateway as module
from fairlead_local.apigateway.apis import Apis
from fairlead_local.apigateway.gateway import Gateway
from fairlead_local.apigateway.gateway_error import GatewayError
from fairlead_local.apigateway.gateway_responses import render
from fairlead_local.apigateway.routes import Routes
from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.metric_store import Metric, MetricStore
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f:live"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def operation(**more: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": URI}, **more}


class Allowing:
    def allows(self, *_: Any, **__: Any) -> bool:
        return True


class Slow:
    def call(self, *_: Any, **__: Any) -> Any:
        time.sleep(1)


def test_function_over_the_integration_timeout_is_504(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTEGRATION_SECONDS", 0.05)
    apis = Apis()
    api = apis.create("slow", {"paths": {"/": {"get": operation()}}}, [], {})
    apis.put_stage(api, "slow", apis.deploy(api), {})
    metrics, clock = MetricStore(), Clock()
    slow = Gateway(apis, Slow(), Allowing(), Allowing(), ServiceMetrics(metrics, clock))  # type: ignore[arg-type]  # stand-ins with the methods used

    answer = slow.answer(HttpRequest("GET", "/slow", (("Host", "h"),), b"", "127.0.0.1"))

    clock.stop()
    assert (answer.status, answer.body) == (504, b'{"message": "Endpoint request timed out"}')
    minute, stage = int(clock.now()) // 60 * 60, (("ApiName", "slow"), ("Stage", "slow"))
    counted = [
        metrics.values(Metric("AWS/ApiGateway", name, stage), minute - 60, minute + 60).total
        for name in ("Count", "4XXError", "5XXError")
    ]
    assert counted == [1, 0, 1]


@pytest.mark.parametrize(
    ("path", "resource"),
    [("/a/b", "/a/b"), ("/a/c", "/a/{x}"), ("/a/b/c", "/a/{rest+}"), ("/z", "/{rest+}"), ("/", "/")],
)
def test_exact_path_matches_before_parameter_before_greedy(path: str, resource: str) -> None:
    paths = ("/{rest+}", "/a/{rest+}", "/a/{x}", "/a/b", "/")
    routes = Routes({"paths": {name: {"get": operation()} for name in paths}})

    found = routes.match("GET", path)

    assert found
    assert found.operation.resource == resource


def test_greedy_path_is_not_used_for_a_missing_method_of_a_better_path() -> None:
    routes = Routes({"paths": {"/a": {"post": operation()}, "/{rest+}": {"get": operation()}}})

    assert routes.match("GET", "/a") is None


@pytest.mark.parametrize(
    "broken",
    [
        {"x-amazon-apigateway-integration": {"type": "mock"}},
        {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": URI, "credentials": "arn:aws:iam::*:user/*"}},
        operation(security=[{"cognito": []}]),
    ],
)
def test_unsupported_integration_fails_the_deployment(broken: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="the local cloud"):
        Routes({"paths": {"/": {"get": broken}}})


def test_changed_body_takes_effect_with_a_deployment() -> None:
    apis = Apis()
    api = apis.create("frozen", {"paths": {"/old": {"get": operation()}}}, [], {})
    apis.put_stage(api, "frozen", apis.deploy(api), {})
    apis.define(api, {"paths": {"/new": {"get": operation()}}}, [])

    stage = apis.stage("frozen")

    assert stage
    assert stage.deployment.routes.match("GET", "/old")
    assert not stage.deployment.routes.match("GET", "/new")


def test_default_gateway_response_is_used_without_one_for_the_type() -> None:
    declared = {"DEFAULT_5XX": {"responseTemplates": {"application/json": '{"type":"$context.error.responseType"}'}}}

    answer = render(GatewayError.timeout(), declared, accept="", context={})

    assert (answer.status, answer.body) == (504, b'{"type":"INTEGRATION_TIMEOUT"}')


def test_templates_substitute_variables() -> None:
    template = '{"one":$context.error.messageString,"two":"${context.stage}","three":"$context.unknown"}'
    declared = {"INVALID_SIGNATURE": {"responseTemplates": {"application/json": template}}}

    error = GatewayError.signature('a "quoted"\nline')
    answer = render(error, declared, accept="", context={"context.stage": "prod"})

    assert json.loads(answer.body) == {"one": 'a "quoted"\nline', "two": "prod", "three": ""}
