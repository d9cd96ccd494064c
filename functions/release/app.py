"""A candidate that a retraining published → its canary release, or a message to subscribers. Never loads a pickle."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.automation.candidates import Releaser, candidate_of
from fairlead.aws import alias_mover, clients
from fairlead.aws.s3 import S3Objects
from fairlead.aws.sns import Notifier
from fairlead.aws.stack import find
from fairlead.registry.store import Registry
from fairlead.releases.facade import release_context
from fairlead.telemetry import emit

here = settings.releasing(os.environ)
notifier = Notifier(clients.client("sns"), here.topic)


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Decide about one candidate."""
    opened = release_context(find(here.where), mover=alias_mover.opened(here.move), progress=emit.logger.info)
    registry = Registry(S3Objects(clients.client("s3"), opened.stack.bucket))
    releaser = Releaser(opened, registry, strategy=here.strategy, notify=notifier.notify, act=here.act)
    record = releaser.consider(candidate_of(event, request=context.aws_request_id))
    if record is None:
        return {"result": "decided before"}
    emit.logger.info("decided", number=record.number, why=record.why)
    return {"result": record.evidence["action"], "record": record.number, "why": record.why}
