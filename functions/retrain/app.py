"""An alarm's decision, a schedule or a person → a new version, or a refusal on record. It never releases.

A version that passed is handed to the release function, where the stack has one.
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.journal import RETRAIN, Journal
from fairlead.ledger.reading import LedgerReader
from fairlead.objects import S3Objects
from fairlead.publishing.remote import ProveFunction, Remote
from fairlead.registry import Registry
from fairlead.retraining.ordering import answer, hand_over
from fairlead.retraining.story import Retraining


@telemetry.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Carry out one order."""
    here = settings.retraining(os.environ)
    registry = Registry(S3Objects(aws.client("s3"), here.bucket))
    retraining = Retraining(
        registry,
        LedgerReader(aws.client("dynamodb"), here.ledger),
        where=here.where,
        journal=Journal(registry.objects, here.where.stack, folder=RETRAIN),
        runtime=Remote(ProveFunction(aws.client("lambda", read_timeout=200), here.prove), registry),
        progress=telemetry.logger.info,
    )
    answered = answer(event, here, retraining, by=context.invoked_function_arn, request=context.aws_request_id)
    telemetry.logger.info("retraining ended", **answered)
    if here.release:
        hand_over(aws.client("lambda"), here.release, answered)
    return answered
