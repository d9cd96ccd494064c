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
endpoint = Endpoint(frozen, ColdReader(frozen.bucket, os.environ), on_failure=telemetry.load_failed)
endpoint.start()

app = APIGatewayRestResolver()
app.use([api.observe])


@app.post("/predict")
def predict() -> Response[str]:
    """Answer rows."""
    body = api.json_body(app.current_event.raw_event)
    context = app.lambda_context
    prediction = endpoint.model().predict(body, request_id=context.aws_request_id, release=context.function_version)
    app.context.update(rows=prediction.rows, out_of_range=prediction.out_of_range)
    return Response(200, api.JSON, prediction.body)


@app.get("/model")
def model() -> Response[str]:
    """Show the public part of the manifest."""
    return api.answer(endpoint.model().public())


@app.get("/health")
def health() -> Response[str]:
    """Say which release is ready, or why none is."""
    return api.answer({"status": "ok", **endpoint.model().identity(app.lambda_context.function_version)})


@app.not_found
def not_found(_: Exception) -> Response[str]:
    """Nothing answers here: say what does."""
    event = app.current_event
    hint = "POST /predict, GET /model and GET /health do"
    raise NoSuchPathError(f"nothing answers {event.http_method} {event.path}", hint=hint)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Resolve one proxy event."""
    return app.resolve(event, context)
