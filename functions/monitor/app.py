"""Schedule → gauges from the ledger's counters; the responder is called again for alarms still in state ALARM."""

import os
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.monitoring import ViewReader
from fairlead.monitoring.tick import Ticker
from fairlead.registry.store import Reading
from fairlead.telemetry import emit

here = settings.monitoring(os.environ)
lambda_ = clients.client("lambda", connect_timeout=2, read_timeout=5)
ticker = Ticker(
    here,
    ViewReader(
        LedgerReader(clients.client("dynamodb", connect_timeout=2, read_timeout=10), here.ledger),
        Reading(S3Objects(clients.client("s3", connect_timeout=2, read_timeout=10), here.bucket)),
    ),
    PredictFunction(lambda_, here.function),
    Alarms(clients.client("cloudwatch", connect_timeout=2, read_timeout=5)),
    lambda_,
)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's shape
    """Publish the gauges of every version as of the event's time."""
    return ticker.tick(datetime.fromisoformat(event["time"]))
