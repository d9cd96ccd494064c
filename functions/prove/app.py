"""Rows → a graph's answers, by the packages that serve. Retraining proves parity with them. Never loads a pickle."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.aws.s3_stdlib import ColdReader
from fairlead.publishing.parity.remote_handler import GraphHandler
from fairlead.registry.store import Reading
from fairlead.telemetry import emit

graphs = GraphHandler(Reading(ColdReader(settings.bucket(os.environ), os.environ)))


@emit.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Return a graph's answers for one request."""
    return graphs.answer(event)
