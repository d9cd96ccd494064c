"""A decision about an alarm, a schedule or an operator → a new version, or a refusal in the journal. Never releases.

A version that passed the gate is handed to the release function, if the stack has one.
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.journal import RETRAIN, Journal
from fairlead.publishing.parity.remote_runtime import ProveFunction, RemoteRuntime
from fairlead.registry.store import Registry
from fairlead.retraining.handler import answer, hand_over
from fairlead.retraining.retrain import Retraining
from fairlead.telemetry import emit


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one retraining."""
    here = settings.retraining(os.environ)
    registry = Registry(S3Objects(clients.client("s3"), here.bucket))
    retraining = Retraining(
        registry,
        LedgerReader(clients.client("dynamodb"), here.ledger),
        where=here.where,
        journal=Journal(registry.objects, here.where.stack, folder=RETRAIN),
        runtime=RemoteRuntime(ProveFunction(clients.client("lambda", read_timeout=200), here.prove), registry),
        progress=emit.logger.info,
    )
    answered = answer(event, here, retraining, by=context.invoked_function_arn, request=context.aws_request_id)
    emit.logger.info("retraining ended", **answered)
    if here.release:
        hand_over(clients.client("lambda"), here.release, answered)
    return answered
