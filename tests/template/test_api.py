"""The API: who may call, what reaches the function, what API Gateway answers itself."""

import json
from typing import Any

import pytest

from fairlead import errors
from tests.template.stack import Stack, source, translate

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}
FUNCTIONS = "arn:<AWS::Partition>:apigateway:<AWS::Region>:lambda:path/2015-03-31/functions"
LIVE = f"{FUNCTIONS}/<PredictFunction.Arn>:live/invocations"
VERSIONS = ("", "/versions/{version}")
INTAKE = f"{FUNCTIONS}/<IntakeFunction.Arn>/invocations"


@pytest.fixture
def stack() -> Stack:
    return translate()


def body(stack: Stack) -> dict[str, Any]:
    document: dict[str, Any] = stack.properties("Api")["Body"]
    return document


def operations(stack: Stack) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in body(stack)["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def test_the_documented_routes_exist(stack: Stack) -> None:
    assert {
        *("POST /predict", "GET /model", "GET /health", "GET /openapi.json"),
        *("GET /versions", "GET /versions/{version}", "POST /versions/{version}/predict"),
        *("GET /v2", "GET /v2/health/live", "GET /v2/health/ready"),
        *(f"GET /v2/models/{{model}}{version}{ready}" for version in VERSIONS for ready in ("", "/ready")),
        *(f"POST /v2/models/{{model}}{version}/infer" for version in VERSIONS),
        *("GET /ping", "POST /invocations", "POST /feedback"),
    } < operations(stack).keys()


def test_only_tensors_pass_as_bytes(stack: Stack) -> None:
    """With */* API Gateway would encode each JSON body."""
    assert body(stack)["x-amazon-apigateway-binary-media-types"] == ["application/octet-stream"]
    assert "BinaryMediaTypes" not in stack.properties("Api")


def test_every_parameter_of_a_path_is_declared(stack: Stack) -> None:
    """OpenAPI asks for it, and tools that read the document rely on it."""
    for name, operation in operations(stack).items():
        declared = {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == "path"}
        assert declared == {part.strip("{+}") for part in name.split("/") if part.startswith("{")}, name


def test_a_wrong_path_or_method_reaches_the_function_and_is_a_404(stack: Stack) -> None:
    assert {"/{proxy+}", "/"} < body(stack)["paths"].keys()
    for path in body(stack)["paths"]:
        assert f"X-AMAZON-APIGATEWAY-ANY-METHOD {path}" in operations(stack)


def test_every_route_wants_a_signature(stack: Stack) -> None:
    unsigned = {name for name, operation in operations(stack).items() if operation.get("security") != [{"AWS_IAM": []}]}
    scheme = body(stack)["components"]["securitySchemes"]["AWS_IAM"]

    assert unsigned == set()
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_every_route_calls_the_alias_live_and_outcomes_reach_intake(stack: Stack) -> None:
    integrations = {name: operation["x-amazon-apigateway-integration"] for name, operation in operations(stack).items()}

    assert {(entry["type"], entry["httpMethod"]) for entry in integrations.values()} == {("aws_proxy", "POST")}
    assert {name: entry["uri"] for name, entry in integrations.items() if entry["uri"] != LIVE} == {
        "POST /feedback": INTAKE
    }


def test_callers_need_no_right_on_the_function(stack: Stack) -> None:
    """SAM's default for AWS_IAM is to call Lambda with the caller's own credentials, on routes it makes from events."""
    assert source()["Resources"]["Api"]["Properties"]["Auth"]["InvokeRole"] == "NONE"
    assert "credentials" not in json.dumps(body(stack))


@pytest.mark.parametrize("stage", ["prod", "dev"])
def test_only_this_stage_of_this_api_may_call_the_alias(stage: str) -> None:
    permissions = [
        entry["Properties"] for entry in translate(StageName=stage).of_type("AWS::Lambda::Permission").values()
    ]

    assert [entry for entry in permissions if "LiveAlias" in entry["FunctionName"]] == [
        {
            "FunctionName": "<LiveAlias>",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/{stage}/*",
        }
    ]


@pytest.mark.parametrize("stage", ["prod", "dev"])
def test_only_that_route_of_this_stage_may_call_intake(stage: str) -> None:
    permissions = [
        entry["Properties"] for entry in translate(StageName=stage).of_type("AWS::Lambda::Permission").values()
    ]

    assert [entry for entry in permissions if entry["FunctionName"] == "<IntakeFunction>"] == [
        {
            "FunctionName": "<IntakeFunction>",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/{stage}/POST/feedback",
        }
    ]


def test_the_api_is_regional(stack: Stack) -> None:
    assert stack.properties("Api")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_there_is_one_stage_and_its_url_is_an_output() -> None:
    stack = translate(StageName="dev")
    [stage] = stack.of_type("AWS::ApiGateway::Stage").values()

    assert stage["Properties"]["StageName"] == "dev"
    assert stack.outputs["ApiUrl"] == "https://<Api>.execute-api.<AWS::Region>.<AWS::URLSuffix>/dev"


def test_every_route_is_throttled_and_has_no_metrics_of_its_own() -> None:
    stack = translate(ThrottlingRateLimit="7", ThrottlingBurstLimit="9")

    assert stack.properties("ApiStage")["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "MetricsEnabled": False,
            "ThrottlingRateLimit": "7",
            "ThrottlingBurstLimit": "9",
        }
    ]


@pytest.mark.parametrize(("mode", "traced"), [("PassThrough", False), ("Active", True)])
def test_the_stage_is_traced_where_a_parameter_asks_for_it(mode: str, traced: bool) -> None:
    assert translate(Tracing=mode).properties("ApiStage")["TracingEnabled"] is traced


def test_each_access_is_one_json_line_in_the_api_s_own_log(stack: Stack) -> None:
    access = stack.properties("ApiStage")["AccessLogSetting"]
    line = json.loads(access["Format"])

    assert access["DestinationArn"] == "<ApiLogs.Arn>"
    assert "\n" not in access["Format"]
    assert {"requestId", "path", "status", "caller", "latencyMs"} <= line.keys()


def gateway_problems(stack: Stack) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return, by response type, the response and its body with API Gateway's own sentence in it."""
    responses = body(stack)["x-amazon-apigateway-gateway-responses"]
    return {
        kind: (
            response,
            json.loads(
                response["responseTemplates"]["application/json"].replace("$context.error.messageString", '"…"')
            ),
        )
        for kind, response in responses.items()
    }


def test_gateway_responses_are_problem_json(stack: Stack) -> None:
    for kind, (response, problem) in gateway_problems(stack).items():
        assert response["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'", (
            kind
        )
        assert problem["type"] == f"urn:fairlead:problem:{problem['code']}"
        assert problem["detail"] == "…"
        assert str(problem.get("status", "")) == response.get("statusCode", "")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UNAUTHORIZED", 401),
        ("ACCESS_DENIED", 403),
        ("MISSING_AUTHENTICATION_TOKEN", 403),
        ("INVALID_SIGNATURE", 403),
        ("EXPIRED_TOKEN", 403),
        ("RESOURCE_NOT_FOUND", 404),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("THROTTLED", 429),
        ("INTEGRATION_FAILURE", 504),
        ("INTEGRATION_TIMEOUT", 504),
    ],
)
def test_each_refusal_has_a_stable_code_and_status(stack: Stack, kind: str, status: int) -> None:
    _, problem = gateway_problems(stack)[kind]

    assert problem["status"] == status
    assert problem["code"]


def test_no_response_is_declared_that_api_gateway_would_ignore(stack: Stack) -> None:
    assert "REQUEST_TOO_LARGE" not in gateway_problems(stack)


def test_other_refusals_keep_their_status(stack: Stack) -> None:
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        response, problem = gateway_problems(stack)[kind]
        assert "statusCode" not in response
        assert problem["code"]


@pytest.mark.parametrize("kind", ["THROTTLED", "INTEGRATION_FAILURE", "DEFAULT_5XX"])
def test_a_throttled_caller_gets_retry_after(stack: Stack, kind: str) -> None:
    """Where Lambda throttles the function, API Gateway answers 500, of no kind of its own."""
    response, _ = gateway_problems(stack)[kind]

    assert response["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_gateway_and_function_mean_the_same_by_a_code(stack: Stack) -> None:
    own = {error.code: error.status for error in errors.RequestError.__subclasses__()}
    shared = {
        problem["code"]: problem.get("status")
        for _, problem in gateway_problems(stack).values()
        if problem["code"] in own
    }

    assert shared.keys() == {"not_found", "unsupported_media_type"}
    assert shared == {code: own[code] for code in shared}
