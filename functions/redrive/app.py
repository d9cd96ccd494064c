"""Schedule, or `fairlead redrive` → deliveries on which the feedback function failed are processed again."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.dead_letters import DeadLetters
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collector
from fairlead.feedback.redrive import Redriver
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.telemetry import emit

here = settings.redriving(os.environ)
s3 = clients.client("s3", connect_timeout=2, read_timeout=10)
dynamodb = clients.client("dynamodb", connect_timeout=2, read_timeout=5)
dead_letters = DeadLetters(s3, here.dead_letter_bucket)
collector = Collector(
    Scorer(Ledger(dynamodb, here.ledger, keep=here.days), KnownVersions(S3Objects(s3, here.bucket))),
    dead_letters,
    sources=here.log_groups,
    own=here.own_log_group,
)
redriver = Redriver(collector, dead_letters, here.function, retrain=here.retrain)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - any event is a tick
    """Redrive as many deliveries as the remaining time allows."""
    counts = redriver.run(lambda: context.get_remaining_time_in_millis() / 1000).counts()
    emit.counted({name: count for name, count in counts.items() if name != "Left"})
    return counts
