"""API Gateway → predictions, model metadata, health. The release's frozen environment determines the model."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext

import fairlead
from fairlead import settings
from fairlead.api import http
from fairlead.api.http import Response
from fairlead.api.router import ProxyRequest, Router
from fairlead.aws.s3_stdlib import ColdReader
from fairlead.serving.endpoint import Endpoint
from fairlead.serving.model import Model, Prediction
from fairlead.telemetry import emit

if TYPE_CHECKING:
    from fairlead.model.explanation import Reasons

frozen = settings.serving(os.environ)
emit.identify(frozen)
endpoint = Endpoint(
    frozen,
    ColdReader(frozen.bucket, os.environ),
    pinned=ColdReader(frozen.bucket, os.environ, attempts=2),
    on_failure=emit.load_failed,
)
endpoint.start()

router = Router(
    "routes: POST /predict, /versions/N/predict, /v2/models/NAME/infer and /invocations; "
    "GET /model, /versions, /versions/N, /openapi.json, /health, /v2 and /ping"
)


@router.post("/predict")
@router.post("/versions/{version}/predict")
def predict(request: ProxyRequest) -> Response:
    """Predict rows with the live version, or with the version that the path or `?version=` pins."""
    body = http.json_body(request.event)
    model = _version(request)
    asked = model.request(body)
    prediction = _answered(model, asked.rows, request)
    text = _explained(model, prediction, request) if asked.explain else model.body(prediction)
    response = Response(200, http.JSON, text)
    _finish(model, prediction, request)
    return response


def _version(request: ProxyRequest) -> Model:
    model = endpoint.version(request.parameters.get("version") or http.query_version(request.event))
    request.facts["version"] = model.facts.version
    return model


def _explained(model: Model, prediction: Prediction, request: ProxyRequest) -> str:
    from fairlead.serving import explanations  # noqa: PLC0415 - at its first request

    return explanations.body(model, prediction, _reasons(model, prediction, request))


def _reasons(model: Model, prediction: Prediction, request: ProxyRequest) -> "Reasons":
    request.facts["explained"] = True
    return endpoint.reasons(model, prediction)


def _named(request: ProxyRequest) -> Model:
    """Return the version that a path of the Open Inference Protocol names."""
    return endpoint.named(request.parameters["model"], request.parameters.get("version"))


def _answered(model: Model, rows: Sequence[tuple[Any, ...]], request: ProxyRequest) -> Prediction:
    return model.predict(rows, request_id=request.id, release=request.release)


def _finish(model: Model, prediction: Prediction, request: ProxyRequest) -> None:
    """Keep the facts for metrics and log the capture lines, once the response is made: a refused request has none."""
    request.facts |= {"rows": len(prediction.rows), "out_of_range": prediction.out_of_range}
    if request.from_caller and endpoint.captures(request.id):
        captured = http.captured_request(request.event, request.id, prediction.rows, key=frozen.pseudonym_key)
        if captured:
            emit.captured(endpoint.captured(model, prediction, captured))


@router.get("/versions")
def versions(request: ProxyRequest) -> Response:
    """Return the versions that callers can pin."""
    request.of_others = True
    return http.answer({**endpoint.pins().listed(), "release": request.release})


@router.get("/versions/{version}")
def version_facts(request: ProxyRequest) -> Response:
    """Return the public part of a version's manifest."""
    request.of_others = True
    return http.answer(endpoint.pins().manifest(request.parameters["version"]))


@router.get("/model")
def model(_: ProxyRequest) -> Response:
    """Return the public part of the live version's manifest."""
    return http.answer(endpoint.model().public())


@router.get("/openapi.json")
def openapi_document(request: ProxyRequest) -> Response:
    """Return an OpenAPI 3.1 document of the live version, or of the version that `?version=` pins."""
    from fairlead.api import openapi  # noqa: PLC0415 - at its first request

    request.of_others = True
    model = endpoint.version(http.query_version(request.event))
    facts = model.public()
    url = http.api_url(request.event)
    return http.answer(openapi.document(facts["signature"], facts, model.golden, most_rows=facts["most_rows"], url=url))


@router.get("/health")
def health(request: ProxyRequest) -> Response:
    """Return which release is ready; 503 with the reason if none is."""
    return http.answer(endpoint.health(request.release))


@router.get("/v2")
def server_metadata(_: ProxyRequest) -> Response:
    """Open Inference Protocol: the server."""
    return http.answer({"name": "fairlead", "version": fairlead.__version__, "extensions": ["binary_tensor_data"]})


@router.get("/v2/health/live")
def server_live(_: ProxyRequest) -> Response:
    """Open Inference Protocol: this process answers."""
    return http.answer({"live": True})


@router.get("/v2/health/ready")
def server_ready(_: ProxyRequest) -> Response:
    """Open Inference Protocol: 503 with the reason while no model is loaded."""
    endpoint.model()
    return http.answer({"ready": True})


@router.get("/v2/models/{model}")
@router.get("/v2/models/{model}/versions/{version}")
def model_metadata(request: ProxyRequest) -> Response:
    """Open Inference Protocol: the inputs and outputs of the live model, or of a version."""
    from fairlead.api import open_inference  # noqa: PLC0415 - at its first request

    request.of_others = "version" in request.parameters
    facts = _named(request).facts
    return http.answer(
        open_inference.metadata(facts.signature, name=facts.model, versions=[facts.version], engine=facts.engine.name)
    )


@router.get("/v2/models/{model}/ready")
@router.get("/v2/models/{model}/versions/{version}/ready")
def model_ready(request: ProxyRequest) -> Response:
    """Open Inference Protocol: 503 with the reason while the live model, or a version, cannot answer."""
    request.of_others = "version" in request.parameters
    return http.answer({"name": _named(request).facts.model, "ready": True})


@router.post("/v2/models/{model}/infer")
@router.post("/v2/models/{model}/versions/{version}/infer")
def infer(request: ProxyRequest) -> Response:
    """Open Inference Protocol: answer tensors with the live version, or with a version."""
    from fairlead.api import open_inference  # noqa: PLC0415 - at its first request

    tensors = open_inference.read(*http.tensor_body(request.event))
    model = _named(request)
    request.facts["version"] = model.facts.version
    signature = model.facts.signature
    matrix = open_inference.matrix(signature, tensors.inputs)
    rows = None if matrix is None else model.number_rows(matrix)
    if rows is None:
        rows = model.rows_of(open_inference.instances(signature, tensors.inputs))
    prediction = _answered(model, rows, request)
    written = open_inference.write(
        tensors,
        prediction.answered.answers,
        signature.output,
        identity=prediction.answered.identity,
        ids=prediction.ids,
        binary=http.accepts_binary(request.event),
        reasons=_reasons(model, prediction, request) if tensors.explain else None,
    )
    response = http.inferred(written)
    _finish(model, prediction, request)
    return response


@router.get("/ping")
def ping(_: ProxyRequest) -> Response:
    """MLflow and SageMaker: 200 with an empty line, 503 with the reason while no model is loaded."""
    endpoint.model()
    return Response(200, http.JSON, "\n")


@router.post("/invocations")
def invocations(request: ProxyRequest) -> Response:
    """MLflow and SageMaker: answer rows in JSON, JSON lines or CSV with the live version, or with a pinned one."""
    from fairlead.api import invocations as shapes  # noqa: PLC0415 - at its first request

    kind = shapes.accepted(http.header(request.event, "accept"))
    model = _version(request)
    signature = model.facts.signature
    body, content_type = http.plain_body(request.event), http.header(request.event, "content-type")
    invocation = shapes.read(body, content_type, signature)
    prediction = _answered(model, model.rows_of(invocation.instances), request)
    answers, identity = prediction.answered.answers, prediction.answered.identity
    text = shapes.write(invocation, answers, signature.output, kind=kind, identity=identity, ids=prediction.ids)
    response = http.invoked(text, shapes.CONTENT_TYPES[kind], identity, request.id)
    _finish(model, prediction, request)
    return response


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one proxy event."""
    return router.resolve(event, context)
