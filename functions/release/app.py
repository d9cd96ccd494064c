"""A candidate that a retraining published → its release through a canary, or left to people. Nothing is unpickled."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.candidates import Releaser, order_of
from fairlead.objects import S3Objects
from fairlead.people import People
from fairlead.registry import Registry
from fairlead.releases import means_of
from fairlead.stack import find

here = settings.releasing(os.environ)
people = People(aws.client("sns"), here.topic)


@telemetry.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Consider one candidate."""
    means = means_of(find(here.where), progress=telemetry.logger.info)
    registry = Registry(S3Objects(aws.client("s3"), means.stack.bucket))
    releaser = Releaser(means, registry, strategy=here.strategy, tell=people.tell, act=here.act)
    record = releaser.consider(order_of(event, request=context.aws_request_id))
    if record is None:
        return {"result": "decided before"}
    telemetry.logger.info("decided", number=record.number, why=record.why)
    return {"result": record.evidence["action"], "record": record.number, "why": record.why}
