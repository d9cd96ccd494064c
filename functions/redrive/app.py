"""A clock tick, or `fairlead redrive` → what the feedback function failed on is taken again."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.collecting import Collector
from fairlead.known import KnownVersions
from fairlead.ledger import Ledger
from fairlead.objects import S3Objects
from fairlead.redriving import Redriver
from fairlead.scoring import Scorer
from fairlead.set_aside import SetAside

here = settings.redriving(os.environ)
s3 = aws.client("s3", connect_timeout=2, read_timeout=10)
dynamodb = aws.client("dynamodb", connect_timeout=2, read_timeout=5)
aside = SetAside(s3, here.set_aside)
collector = Collector(
    Scorer(Ledger(dynamodb, here.ledger, keep=here.days), KnownVersions(S3Objects(s3, here.bucket))),
    aside,
    source=here.log_group,
    own=here.own_log_group,
)
redriver = Redriver(collector, aside, here.function, retrain=here.retrain)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - any event is a tick
    """Redrive as much as there is time for."""
    counts = redriver.run(lambda: context.get_remaining_time_in_millis() / 1000).counts()
    telemetry.counted({name: count for name, count in counts.items() if name != "Left"})
    return counts
