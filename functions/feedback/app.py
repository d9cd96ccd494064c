"""CloudWatch Logs (predict's log group) → ledger: predictions kept and counted, joined with outcomes."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.collecting import Collector
from fairlead.known import KnownVersions
from fairlead.ledger import Ledger
from fairlead.objects import S3Objects
from fairlead.scoring import Scorer
from fairlead.set_aside import SetAside

here = settings.collecting(os.environ)
s3 = aws.client("s3", connect_timeout=2, read_timeout=10)
dynamodb = aws.client("dynamodb", connect_timeout=2, read_timeout=5)
collector = Collector(
    Scorer(Ledger(dynamodb, here.ledger, keep=here.days), KnownVersions(S3Objects(s3, here.bucket))),
    SetAside(s3, here.set_aside),
    source=here.log_group,
    own=here.own_log_group,
)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's shape
    """Take one delivery; raises for Lambda to bring it again."""
    counts = collector.take(event).counts()
    telemetry.counted(counts)
    return counts
