"""API Gateway → predictions, model metadata, health. The release's frozen environment determines the model."""

import os
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

import fairlead
from fairlead import settings
from fairlead.api import http
from fairlead.aws.s3_stdlib import ColdReader
from fairlead.errors import NoSuchPathError
from fairlead.serving.endpoint import Endpoint
from fairlead.serving.model import Model, Prediction
from fairlead.telemetry import emit

frozen = settings.serving(os.environ)
emit.identify(frozen)
endpoint = Endpoint(
    frozen,
    ColdReader(frozen.bucket, os.environ),
    pinned=ColdReader(frozen.bucket, os.environ, attempts=2),
    on_failure=emit.load_failed,
)
endpoint.start()

app = APIGatewayRestResolver()
app.use([http.observe])


@app.post("/predict")
def predict() -> Response[str]:
    """Predict rows with the live version, or with the version that `?version=` pins."""
    return _predicted(http.query_version(app.current_event.raw_event))


@app.post("/versions/<version>/predict")
def predict_pinned(version: str) -> Response[str]:
    """Predict rows with this version."""
    return _predicted(version)


def _predicted(version: str | None) -> Response[str]:
    body = http.json_body(app.current_event.raw_event)
    model = endpoint.version(version)
    app.context["version"] = model.facts.version
    prediction = _answered(model, model.rows(body))
    response = Response(200, http.JSON, model.body(prediction))
    _finish(model, prediction)
    return response


def _answered(model: Model, rows: Sequence[tuple[Any, ...]]) -> Prediction:
    context = app.lambda_context
    return model.predict(rows, request_id=context.aws_request_id, release=context.function_version)


def _finish(model: Model, prediction: Prediction) -> None:
    """Keep the facts for metrics and log the capture lines, once the response is made: a refused request has none."""
    event, context = app.current_event.raw_event, app.lambda_context
    app.context.update(rows=len(prediction.rows), out_of_range=prediction.out_of_range)
    request = http.captured_request(event, context.aws_request_id, prediction.rows, key=frozen.pseudonym_key)
    if request and http.from_caller(context.invoked_function_arn):
        emit.captured(endpoint.captured(model, prediction, request))


@app.get("/versions")
def versions() -> Response[str]:
    """Return the versions that callers can pin."""
    app.context["of_others"] = True
    return http.answer({**endpoint.pins().listed(), "release": app.lambda_context.function_version})


@app.get("/versions/<version>")
def version_facts(version: str) -> Response[str]:
    """Return the public part of this version's manifest."""
    app.context["of_others"] = True
    return http.answer(endpoint.pins().manifest(version))


@app.get("/model")
def model() -> Response[str]:
    """Return the public part of the live version's manifest."""
    return http.answer(endpoint.model().public())


@app.get("/openapi.json")
def openapi_document() -> Response[str]:
    """Return an OpenAPI 3.1 document of the live version, or of the version that `?version=` pins."""
    from fairlead.api import openapi  # noqa: PLC0415 - at its first request

    event = app.current_event.raw_event
    version = http.query_version(event)
    app.context["of_others"] = True
    model = endpoint.version(version)
    facts = model.public()
    return http.answer(
        openapi.document(facts["signature"], facts, model.golden, most_rows=facts["most_rows"], url=http.api_url(event))
    )


@app.get("/health")
def health() -> Response[str]:
    """Return which release is ready; 503 with the reason if none is."""
    return http.answer(endpoint.health(app.lambda_context.function_version))


@app.get("/v2")
def server_metadata() -> Response[str]:
    """Open Inference Protocol: the server."""
    return http.answer({"name": "fairlead", "version": fairlead.__version__, "extensions": ["binary_tensor_data"]})


@app.get("/v2/health/live")
def server_live() -> Response[str]:
    """Open Inference Protocol: this process answers."""
    return http.answer({"live": True})


@app.get("/v2/health/ready")
def server_ready() -> Response[str]:
    """Open Inference Protocol: 503 with the reason while no model is loaded."""
    endpoint.model()
    return http.answer({"ready": True})


@app.get("/v2/models/<name>")
def model_metadata(name: str) -> Response[str]:
    """Open Inference Protocol: the live model's inputs and outputs."""
    return _metadata(name, None)


@app.get("/v2/models/<name>/versions/<version>")
def version_metadata(name: str, version: str) -> Response[str]:
    """Open Inference Protocol: a version's inputs and outputs."""
    return _metadata(name, version)


def _metadata(name: str, version: str | None) -> Response[str]:
    from fairlead.api import open_inference  # noqa: PLC0415 - at its first request

    app.context["of_others"] = version is not None
    facts = endpoint.named(name, version).facts
    return http.answer(
        open_inference.metadata(facts.signature, name=name, versions=[facts.version], engine=facts.engine.name)
    )


@app.get("/v2/models/<name>/ready")
def model_ready(name: str) -> Response[str]:
    """Open Inference Protocol: 503 with the reason while the model cannot answer."""
    return http.answer({"name": endpoint.named(name, None).facts.model, "ready": True})


@app.get("/v2/models/<name>/versions/<version>/ready")
def version_ready(name: str, version: str) -> Response[str]:
    """Open Inference Protocol: whether a version can answer."""
    app.context["of_others"] = True
    return http.answer({"name": endpoint.named(name, version).facts.model, "ready": True})


@app.post("/v2/models/<name>/infer")
def infer(name: str) -> Response[Any]:
    """Open Inference Protocol: answer tensors with the live version."""
    return _inferred(name, None)


@app.post("/v2/models/<name>/versions/<version>/infer")
def infer_pinned(name: str, version: str) -> Response[Any]:
    """Open Inference Protocol: answer tensors with this version."""
    return _inferred(name, version)


def _inferred(name: str, version: str | None) -> Response[Any]:
    from fairlead.api import open_inference  # noqa: PLC0415 - at its first request

    event = app.current_event.raw_event
    request = open_inference.read(*http.tensor_body(event))
    model = endpoint.named(name, version)
    app.context["version"] = model.facts.version
    prediction = _answered(model, model.rows_of(open_inference.instances(model.facts.signature, request.inputs)))
    written = open_inference.write(
        request,
        prediction.answered.answers,
        model.facts.signature.output,
        identity=prediction.answered.identity,
        ids=prediction.ids,
        binary=http.accepts_binary(event),
    )
    response = http.inferred(written)
    _finish(model, prediction)
    return response


@app.get("/ping")
def ping() -> Response[str]:
    """MLflow and SageMaker: 200 with an empty line, 503 with the reason while no model is loaded."""
    endpoint.model()
    return Response(200, http.JSON, "\n")


@app.post("/invocations")
def invocations() -> Response[str]:
    """MLflow and SageMaker: answer rows in JSON, JSON lines or CSV with the live version, or with a pinned one."""
    from fairlead.api import invocations as shapes  # noqa: PLC0415 - at its first request

    event = app.current_event.raw_event
    kind = shapes.accepted(http.header(event, "accept"))
    model = endpoint.version(http.query_version(event))
    app.context["version"] = model.facts.version
    signature = model.facts.signature
    invocation = shapes.read(http.plain_body(event), http.header(event, "content-type"), signature)
    prediction = _answered(model, model.rows_of(invocation.instances))
    answers, identity = prediction.answered.answers, prediction.answered.identity
    text = shapes.write(invocation, answers, signature.output, kind=kind, identity=identity, ids=prediction.ids)
    response = http.invoked(text, shapes.CONTENT_TYPES[kind], identity, app.lambda_context.aws_request_id)
    _finish(model, prediction)
    return response


@app.not_found
def not_found(_: Exception) -> Response[str]:
    """Raise NoSuchPathError with the routes that exist."""
    event = app.current_event
    hint = (
        "routes: POST /predict, /versions/N/predict, /v2/models/NAME/infer and /invocations; "
        "GET /model, /versions, /versions/N, /openapi.json, /health, /v2 and /ping"
    )
    raise NoSuchPathError(f"there is no route {event.http_method} {event.path}", hint=hint)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one proxy event."""
    return app.resolve(http.at_resource(event), context)
