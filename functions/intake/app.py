"""API Gateway POST /feedback → outcomes, written durably before the answer."""

import os
from collections import Counter
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import api, aws, reports, settings, telemetry
from fairlead.known import KnownVersions
from fairlead.ledger import Ledger
from fairlead.objects import S3Objects
from fairlead.outcomes import Intake
from fairlead.scoring import Scorer

here = settings.keeping(os.environ)
# A caller waits, 29 seconds at most.
dynamodb = aws.client("dynamodb", connect_timeout=1, read_timeout=7, attempts=3, connections=64)
ledger = Ledger(dynamodb, here.ledger, keep=here.days)
versions = KnownVersions(S3Objects(aws.client("s3", connect_timeout=1, read_timeout=3, attempts=3), here.bucket))
intake = Intake(ledger, versions, Scorer(ledger, versions))

METRICS = {
    "recorded": "Recorded",
    "accepted": "Accepted",
    "duplicate": "Duplicates",
    "conflict": "Conflicts",
    "invalid": "Invalid",
}

app = APIGatewayRestResolver()
app.use([api.observe])


@app.post("/feedback")
def feedback() -> Response[str]:
    """Take outcomes; 207 where one of them was not taken."""
    event = app.current_event.raw_event
    at, by = api.reported(event)
    results = intake.take(reports.read(api.json_body(event)), at=at, by=by)
    found = Counter(str(result.status) for result in results)
    telemetry.counted({name: found[status] for status, name in METRICS.items()})
    return api.answer({"results": results}, status=200 if all(result.taken for result in results) else 207)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Resolve one proxy event."""
    return app.resolve(api.at_resource(event), context)
