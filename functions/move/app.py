"""An order of release, respond or record → one alias moved, or a refusal: the one function that may move aliases."""

import os
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.registry.store import Registry
from fairlead.releases.move import Mover
from fairlead.telemetry import emit

here = settings.moving(os.environ)
# A rollback works without S3, so it must not wait long for it. Predict times out after 29 seconds.
objects = S3Objects(clients.client("s3", connect_timeout=3, read_timeout=10, attempts=2), here.bucket)
function = PredictFunction(clients.client("lambda", connect_timeout=3, read_timeout=32), here.function)
mover = Mover(function, Journal(objects, here.stack), Registry(objects), progress=emit.logger.info)


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Carry out one order."""
    reply = mover.answer(event)
    emit.logger.info("refused" if reply.refused else "moved", why=reply.refused)
    answer: dict[str, Any] = msgspec.to_builtins(reply)
    return answer
