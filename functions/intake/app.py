"""API Gateway POST /feedback → ledger: outcomes are stored durably before the answer."""

import os
from collections import Counter
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.api import http, outcomes
from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.intake import Intake
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.telemetry import emit

here = settings.keeping(os.environ)
# Timeouts and attempts fit into API Gateway's limit of 29 seconds.
dynamodb = clients.client("dynamodb", connect_timeout=1, read_timeout=7, attempts=3, connections=64)
ledger = Ledger(dynamodb, here.ledger, keep=here.days)
versions = KnownVersions(S3Objects(clients.client("s3", connect_timeout=1, read_timeout=3, attempts=3), here.bucket))
intake = Intake(ledger, versions, Scorer(ledger, versions))

METRICS = {
    "recorded": "Recorded",
    "accepted": "Accepted",
    "duplicate": "Duplicates",
    "conflict": "Conflicts",
    "invalid": "Invalid",
}

app = APIGatewayRestResolver()
app.use([http.observe])


@app.post("/feedback")
def feedback() -> Response[str]:
    """Store outcomes and return the result of each; the status is 207 if one of them was not stored."""
    event = app.current_event.raw_event
    at, by = http.reported(event)
    results = intake.take(outcomes.read(http.json_body(event)), at=at, by=by)
    found = Counter(str(result.status) for result in results)
    app.context["counts"] = {name: found[status] for status, name in METRICS.items()}
    return http.answer({"results": results}, status=200 if all(result.taken for result in results) else 207)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one proxy event."""
    return app.resolve(http.at_resource(event), context)
