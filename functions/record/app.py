"""CodeDeploy's state-change events → the journal: its moves of `live` are recorded without a waiting client."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import clients
from fairlead.aws.codedeploy import Deployments
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.releases.codedeploy_events import Recorder
from fairlead.telemetry import emit

here = settings.recording(os.environ)
recorder = Recorder(
    here,
    PredictFunction(clients.client("lambda"), here.function),
    Deployments(clients.client("codedeploy"), here.application, here.group),
    Journal(S3Objects(clients.client("s3"), here.bucket), here.stack),
)


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> list[int]:  # noqa: ARG001 - Lambda's shape
    """Record one deployment's state; returns the numbers of its records."""
    records = recorder.record(event)
    for record in records:
        emit.logger.info("recorded", number=record.number, kind=record.kind, key=record.key)
    return [record.number for record in records]
