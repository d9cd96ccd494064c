"""Rows → a graph's answers, in the packages that serve: retraining proves parity with them. Nothing is unpickled."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws.s3_stdlib import ColdReader
from fairlead.publishing.parity.remote_handler import Answering
from fairlead.registry.store import Reading
from fairlead.telemetry import emit

answering = Answering(Reading(ColdReader(settings.bucket(os.environ), os.environ)))


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Answer one question."""
    return answering.answer(event)
