"""Step Functions → one step of a batch job: its plan, one chunk, or its manifest. Never loads a pickle."""

import os
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.batch.job import Chunk, Order
from fairlead.batch.sample import Capturing
from fairlead.batch.steps import Planned, Steps
from fairlead.registry.store import Reading
from fairlead.telemetry import emit

here = settings.batch(os.environ)
steps = Steps(
    Reading(S3Objects(clients.client("s3"), here.bucket)),
    here.concurrency,
    Capturing(rate=here.capture_rate, drop=here.capture_drop, write=emit.captured),
)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ARG001 - Lambda's shape
    """Do the step that the state machine names."""
    if event["step"] == "plan":
        return msgspec.to_builtins(steps.plan(msgspec.convert(event["order"], Order)))
    planned = msgspec.convert(event["planned"], Planned)
    if event["step"] == "finish":
        return steps.finish(planned)
    return steps.work(planned, msgspec.convert(event["chunk"], Chunk))
