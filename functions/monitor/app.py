"""A clock's tick → the ledger's counters become gauges, and alarms that still stand are put to respond again."""

import os
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.alarms import Alarms
from fairlead.function import PredictFunction
from fairlead.ledger.reading import LedgerReader
from fairlead.monitoring import Looker
from fairlead.monitoring.ticking import Ticker
from fairlead.objects import S3Objects
from fairlead.registry import Reading

here = settings.monitoring(os.environ)
lambda_ = aws.client("lambda", connect_timeout=2, read_timeout=5)
ticker = Ticker(
    here,
    Looker(
        LedgerReader(aws.client("dynamodb", connect_timeout=2, read_timeout=10), here.ledger),
        Reading(S3Objects(aws.client("s3", connect_timeout=2, read_timeout=10), here.bucket)),
    ),
    PredictFunction(lambda_, here.function),
    Alarms(aws.client("cloudwatch", connect_timeout=2, read_timeout=5)),
    lambda_,
)


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's shape
    """Look at every version as of the schedule's time."""
    return ticker.tick(datetime.fromisoformat(event["time"]))
