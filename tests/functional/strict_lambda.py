"""moto's Lambda made as strict as AWS where releases depend on it, through botocore's own events.

moto ignores RevisionId and Qualifier on Invoke, and runs nothing: here revisions guard, and versions answer.
"""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from fairlead.aws.stack import Stack
from tests.functional.session import connect

NAME = "fairlead-predict"
BASE = {"FAIRLEAD_BUCKET": "registry", "FAIRLEAD_MODEL": "", "FAIRLEAD_VERSION": "", "FAIRLEAD_MANIFEST_SHA256": ""}
Answer = dict[str, Any]


def client_error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, operation)


def package(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


class StrictLambda:
    """A boto3 client (`client`) over moto, what happened on it (`calls`), and levers for a test."""

    def __init__(self) -> None:
        self.client: Any = connect("lambda")
        self._plain: Any = connect("lambda")  # its calls are not counted
        self.calls: list[str] = []
        self.answers: dict[str, list[Answer]] = {}  # by version; used up in order, the last one stays
        self.states: dict[str, list[Answer]] = {}  # by version, likewise
        self.functions: dict[str, Callable[[Answer], Answer]] = {}  # other functions, by name
        self.refusals: dict[str, list[str]] = {}  # error codes by operation, used up in order
        self._interference: dict[str, Callable[[], object]] = {}
        self._revisions: dict[str, int] = {}
        events: Any = self.client.meta.events
        events.register("provide-client-params.lambda", self._before)
        events.register("after-call.lambda", self._after)
        events.register_first("before-call.lambda.Invoke", self._invoke)
        events.register_first("before-call.lambda.GetAccountSettings", self._account)

    def before(self, operation: str, action: Callable[[], object]) -> None:
        """Run `act` as another client just before the next call of this operation."""
        self._interference[operation] = action

    def shift(self, alias: str, version: str, weights: dict[str, float]) -> None:
        """Move an alias as CodeDeploy does: a new revision, and none of the calls under test."""
        routing: Any = {"AdditionalVersionWeights": weights}
        self._plain.update_alias(FunctionName=NAME, Name=alias, FunctionVersion=version, RoutingConfig=routing)
        self._revisions[alias] = self._revisions.get(alias, 0) + 1

    def revision(self, thing: str) -> str:
        return f"{thing}-{self._revisions.get(thing, 0)}"

    def changes(self) -> list[str]:
        return [call for call in self.calls if call.startswith(("Update", "Publish", "Create", "Delete"))]

    def _before(self, params: Answer, model: Any, **_: Any) -> None:
        operation = model.name
        if operation in self._interference:
            self._interference.pop(operation)()
        self.calls.append(operation)
        if self.refusals.get(operation):
            raise client_error(self.refusals[operation].pop(0), operation)
        if "RevisionId" in params and params["RevisionId"] != self.revision(params.get("Name", "$LATEST")):
            raise client_error("PreconditionFailedException", operation)
        self._params = params
        if operation == "UpdateFunctionConfiguration":
            self._revisions["$LATEST"] = self._revisions.get("$LATEST", 0) + 2  # once more when it has settled
        if operation == "UpdateAlias":
            self._revisions[params["Name"]] = self._revisions.get(params["Name"], 0) + 1

    def _after(self, parsed: Answer, model: Any, **_: Any) -> None:
        if model.name in {"GetFunctionConfiguration", "PublishVersion"} and "Version" in parsed:
            parsed["RevisionId"] = self.revision(parsed["Version"])
            if model.name == "GetFunctionConfiguration":
                parsed.update(_next(self.states.get(parsed["Version"], [])) or {})
        for version in parsed.get("Versions", ()) if model.name == "ListVersionsByFunction" else ():
            version["RevisionId"] = self.revision(version["Version"])  # which moto leaves out
        if model.name in {"GetAlias", "UpdateAlias"} and "Name" in parsed:
            parsed["RevisionId"] = self.revision(parsed["Name"])

    def _invoke(self, **_: Any) -> tuple[Any, Answer]:
        http = type("Answered", (), {"status_code": 200, "headers": {}})()
        if other := self.functions.get(self._params["FunctionName"]):
            return http, _run(other, json.loads(self._params["Payload"]))
        version = self._params["Qualifier"]
        environment = self.environment(version)
        health = {"status": "ok", "digest": f"sha256:{environment['FAIRLEAD_MANIFEST_SHA256']}", "release": version}
        answer = _next(self.answers.get(version, [])) or {"statusCode": 200, "body": json.dumps(health)}
        return http, _said(answer)

    def _account(self, **_: Any) -> tuple[Any, Answer]:
        """Return the account settings that moto leaves out: half of the code storage is used."""
        limit = {"TotalCodeSize": 75 * 1024**3, "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
        http = type("Answered", (), {"status_code": 200, "headers": {}})()
        settings = {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": limit["TotalCodeSize"] // 2}}
        return http, {**settings, "ResponseMetadata": {"HTTPStatusCode": 200}}

    def environment(self, version: str) -> dict[str, str]:
        facts = self._plain.get_function_configuration(FunctionName=NAME, Qualifier=version)
        found: dict[str, str] = facts["Environment"]["Variables"]
        return found

    def at(self, alias: str) -> str:
        """Return an alias's version, without its weights."""
        return str(self._plain.get_alias(FunctionName=NAME, Name=alias)["FunctionVersion"])

    def points_at(self, alias: str) -> str:
        facts = self._plain.get_alias(FunctionName=NAME, Name=alias)
        assert not (facts.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
        return str(facts["FunctionVersion"])

    def alias_names(self) -> dict[str, str]:
        return {name: self.points_at(name) for name in ("live", "previous")}


def _run(function: Callable[[Answer], Answer], event: Answer) -> Answer:
    try:
        return _said(function(event))
    except RuntimeError as error:
        return _said({"errorType": "RuntimeError", "errorMessage": str(error)}) | {"FunctionError": "Unhandled"}


def _said(answer: Answer) -> Answer:
    payload = io.BytesIO(json.dumps(answer).encode())
    return {"Payload": payload, "StatusCode": 200, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _next(answers: list[Answer]) -> Answer | None:
    if not answers:
        return None
    return answers.pop(0) if len(answers) > 1 else answers[0]


def deployed() -> Stack:
    """Create what CloudFormation creates: layers, the function, its bootstrap version, both aliases on it."""
    iam, functions = connect("iam"), connect("lambda")
    role = iam.create_role(RoleName="predict", AssumeRolePolicyDocument="{}", Path="/")["Role"]["Arn"]
    layers = {
        name: functions.publish_layer_version(LayerName=f"fairlead-{name}", Content={"ZipFile": package(name)})
        for name in ("common", "onnx", "sklearn")
    }
    arns = {name: str(layer["LayerVersionArn"]) for name, layer in layers.items()}
    functions.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": package("first")},
        Environment={"Variables": BASE},
        Layers=[arns["common"], arns["onnx"]],
    )
    functions.publish_version(FunctionName=NAME)
    for alias in ("live", "previous"):
        functions.create_alias(FunctionName=NAME, Name=alias, FunctionVersion="1")
    return Stack(
        name="fairlead",
        status="UPDATE_COMPLETE",
        api_url="https://example.execute-api.eu-west-1.amazonaws.com/v1",
        bucket="registry",
        function=NAME,
        common_layer=arns["common"],
        engine_layers={"onnx": arns["onnx"], "sklearn": arns["sklearn"]},
        environment=BASE,
        application="fairlead",
        group="fairlead-live",
        strategy="CodeDeployDefault.LambdaCanary10Percent5Minutes",
        custom_strategy="fairlead-custom",
        canary_alarms=("fairlead-canary-errors", "fairlead-canary-latency"),
        hook="CodeDeployHook_fairlead-verify",
        ledger="fairlead-Ledger-1A2B3C",
    )


def outputs(stack: Stack) -> dict[str, str]:
    """Return the stack's description by CloudFormation."""
    return {
        "ApiUrl": stack.api_url,
        "BucketName": stack.bucket,
        "PredictFunctionName": stack.function,
        "CommonLayerArn": stack.common_layer,
        "OnnxLayerArn": stack.engine_layers["onnx"],
        "SklearnLayerArn": stack.engine_layers["sklearn"],
        "BaseEnvironment": json.dumps(stack.environment),
        "DeploymentApplication": stack.application,
        "DeploymentGroup": stack.group,
        "DeploymentStrategy": stack.strategy,
        "CustomStrategy": stack.custom_strategy,
        "CanaryAlarms": ",".join(stack.canary_alarms),
        "VerifyFunctionName": stack.hook,
        "LedgerTable": stack.ledger,
    }
