"""CodeDeploy's state-change events → the journal; live is put back if a failed deployment left it elsewhere."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws import alias_mover, clients
from fairlead.aws.codedeploy import Deployments
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.journal.journal import Journal
from fairlead.releases.codedeploy_events import Recorder
from fairlead.releases.restore import Restorer
from fairlead.telemetry import emit

here = settings.recording(os.environ)
function = PredictFunction(clients.client("lambda"), here.function)
deployments = Deployments(clients.client("codedeploy"), here.application, here.group)
journal = Journal(S3Objects(clients.client("s3"), here.bucket), here.stack)
restorer = Restorer(function, deployments, journal, alias_mover.opened(here.move), by=cache(clients.caller))
recorder = Recorder(here, function, deployments, journal, restorer)


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> list[int]:  # noqa: ARG001 - Lambda's shape
    """Record one deployment's state; returns the numbers of its records."""
    records = recorder.record(event)
    for record in records:
        emit.logger.info("recorded", number=record.number, kind=record.kind, key=record.key)
    return [record.number for record in records]
