"""API Gateway → predictions, model metadata, health. The release froze which model this is; nothing here decides it."""

import os
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import api, settings, telemetry
from fairlead.coldread import ColdReader
from fairlead.errors import NoSuchPathError
from fairlead.serving import Endpoint

frozen = settings.serving(os.environ)
telemetry.identify(frozen)
endpoint = Endpoint(
    frozen,
    ColdReader(frozen.bucket, os.environ),
    pinned=ColdReader(frozen.bucket, os.environ, attempts=2),
    on_failure=telemetry.load_failed,
)
endpoint.start()

app = APIGatewayRestResolver()
app.use([api.observe])


@app.post("/predict")
def predict() -> Response[str]:
    """Answer rows: by the live version, or by the one that `?version=` pins."""
    return _predicted(api.query_version(app.current_event.raw_event))


@app.post("/versions/<version>/predict")
def predict_pinned(version: str) -> Response[str]:
    """Answer rows by this version."""
    return _predicted(version)


def _predicted(asked: str | None) -> Response[str]:
    body = api.json_body(app.current_event.raw_event)
    context = app.lambda_context
    model = endpoint.version(asked)
    app.context["version"] = model.facts.version
    prediction = model.predict(body, request_id=context.aws_request_id, release=context.function_version)
    app.context.update(rows=len(prediction.rows), out_of_range=prediction.out_of_range)
    event, key = app.current_event.raw_event, frozen.pseudonym_key
    request = api.asked(event, context.aws_request_id, prediction.rows, key=key)
    if request and api.from_caller(context.invoked_function_arn):
        telemetry.captured(endpoint.captured(model, prediction, request))
    return Response(200, api.JSON, prediction.body)


@app.get("/versions")
def versions() -> Response[str]:
    """List the versions that can be asked for."""
    app.context["of_others"] = True
    return api.answer({**endpoint.pins().listed(), "release": app.lambda_context.function_version})


@app.get("/versions/<version>")
def version_facts(version: str) -> Response[str]:
    """Show the public part of this version's manifest."""
    app.context["of_others"] = True
    return api.answer(endpoint.pins().manifest(version))


@app.get("/model")
def model() -> Response[str]:
    """Show the public part of the live version's manifest."""
    return api.answer(endpoint.model().public())


@app.get("/health")
def health() -> Response[str]:
    """Say which release is ready, or why none is."""
    return api.answer(endpoint.health(app.lambda_context.function_version))


@app.not_found
def not_found(_: Exception) -> Response[str]:
    """Nothing answers here: say what does."""
    event = app.current_event
    hint = "POST /predict and /versions/N/predict, GET /model, /versions, /versions/N and /health do"
    raise NoSuchPathError(f"nothing answers {event.http_method} {event.path}", hint=hint)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Resolve one proxy event."""
    return app.resolve(api.at_resource(event), context)
