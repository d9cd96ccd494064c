"""CloudWatch Logs (predict's log group) → ledger: predictions are stored, counted and joined with outcomes."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.dead_letters import DeadLetters
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collector
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.telemetry import emit

here = settings.collecting(os.environ)
s3 = clients.client("s3", connect_timeout=2, read_timeout=10)
dynamodb = clients.client("dynamodb", connect_timeout=2, read_timeout=5)
collector = Collector(
    Scorer(Ledger(dynamodb, here.ledger, keep=here.days), KnownVersions(S3Objects(s3, here.bucket))),
    DeadLetters(s3, here.dead_letter_bucket),
    sources=here.log_groups,
    own=here.own_log_group,
)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's shape
    """Process one delivery; raises if Lambda must retry it."""
    counts = collector.take(event).counts()
    emit.counted(counts)
    return counts
