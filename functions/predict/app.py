"""API Gateway → predictions, model metadata, health. The release's frozen environment determines the model."""

import os
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.api import http
from fairlead.aws.s3_stdlib import ColdReader
from fairlead.errors import NoSuchPathError
from fairlead.serving.endpoint import Endpoint
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
    context = app.lambda_context
    model = endpoint.version(version)
    app.context["version"] = model.facts.version
    prediction = model.predict(body, request_id=context.aws_request_id, release=context.function_version)
    app.context.update(rows=len(prediction.rows), out_of_range=prediction.out_of_range)
    event, key = app.current_event.raw_event, frozen.pseudonym_key
    request = http.captured_request(event, context.aws_request_id, prediction.rows, key=key)
    if request and http.from_caller(context.invoked_function_arn):
        emit.captured(endpoint.captured(model, prediction, request))
    return Response(200, http.JSON, prediction.body)


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


@app.get("/health")
def health() -> Response[str]:
    """Return which release is ready; 503 with the reason if none is."""
    return http.answer(endpoint.health(app.lambda_context.function_version))


@app.not_found
def not_found(_: Exception) -> Response[str]:
    """Raise NoSuchPathError with the routes that exist."""
    event = app.current_event
    hint = "routes: POST /predict and /versions/N/predict; GET /model, /versions, /versions/N and /health"
    raise NoSuchPathError(f"there is no route {event.http_method} {event.path}", hint=hint)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one proxy event."""
    return app.resolve(http.at_resource(event), context)
