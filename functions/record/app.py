"""CodeDeploy's state-change events → the journal: what CodeDeploy does to `live` is on record, with nobody waiting."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.deployments import Deployments
from fairlead.function import PredictFunction
from fairlead.journal import Journal
from fairlead.objects import S3Objects
from fairlead.recording import Recorder

here = settings.recording(os.environ)
recorder = Recorder(
    here,
    PredictFunction(aws.client("lambda"), here.function),
    Deployments(aws.client("codedeploy"), here.application, here.group),
    Journal(S3Objects(aws.client("s3"), here.bucket), here.stack),
)


@telemetry.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> list[int]:  # noqa: ARG001 - Lambda's shape
    """Write one deployment's state down; returns the numbers of its records."""
    records = recorder.record(event)
    for record in records:
        telemetry.logger.info("on record", number=record.number, kind=record.kind, key=record.key)
    return [record.number for record in records]
