"""Rows → a graph's answers, in the packages that serve: retraining proves parity with them. Nothing is unpickled."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings, telemetry
from fairlead.coldread import ColdReader
from fairlead.publishing.answering import Answering
from fairlead.registry import Reading

answering = Answering(Reading(ColdReader(settings.bucket(os.environ), os.environ)))


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Answer one question."""
    return answering.answer(event)
