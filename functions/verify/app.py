"""CodeDeploy's BeforeAllowTraffic hook → a release is checked, and CodeDeploy answered, before traffic reaches it."""

import os
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.codedeploy_hooks import Execution, Hook
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.release_client import ReleaseClient
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described
from fairlead.registry.store import Reading
from fairlead.telemetry import emit
from fairlead.verification import hook
from fairlead.verification.trial.trial import Budget, Trial


def _trial(described: Described) -> Trial:
    """Return the trial of a release within the stack's limits."""
    stack = settings.verifying(os.environ)
    # Predict times out after 29 seconds, so a longer timeout is useless.
    client = clients.client("lambda", connect_timeout=3, read_timeout=32, attempts=2)
    return Trial(
        described,
        PredictFunction(client, stack.function),
        ReleaseClient(client, stack.function, described.target),
        Reading(_objects(stack.bucket)),
        Budget(latency_ms=stack.latency_ms, cold_start_ms=stack.cold_start_ms),
    )


def _journal() -> Journal:
    """Return the journal. It needs only bucket and stack, so a failure by any other missing setting is recorded."""
    return Journal(_objects(settings.bucket(os.environ)), settings.stack(os.environ))


def _objects(bucket: str) -> S3Objects:
    return S3Objects(clients.client("s3", connect_timeout=2, read_timeout=5, attempts=2), bucket)


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Check one deployment and answer it."""
    status = hook.answer(
        msgspec.convert(event, Execution),
        Hook(clients.client("codedeploy", connect_timeout=2, read_timeout=3, attempts=2)),
        trial=_trial,
        journal=_journal,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
        by=context.invoked_function_arn,
    )
    return {"status": status}
