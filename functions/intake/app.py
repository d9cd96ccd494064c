"""API Gateway POST /feedback → ledger: outcomes are stored durably before the answer."""

import os
from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.api import http, outcomes
from fairlead.api.http import Response
from fairlead.api.router import ProxyRequest, Router
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

router = Router("POST /feedback")


@router.post("/feedback")
def feedback(request: ProxyRequest) -> Response:
    """Store outcomes and return the result of each; the status is 207 if one of them was not stored."""
    at, by = http.reported(request.event)
    results = intake.take(outcomes.read(http.json_body(request.event)), at=at, by=by)
    found = Counter(str(result.status) for result in results)
    request.counts = {name: found[status] for status, name in METRICS.items()}
    return http.answer({"results": results}, status=200 if all(result.taken for result in results) else 207)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one proxy event."""
    return router.resolve(event, context)
