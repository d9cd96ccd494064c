"""A CloudWatch alarm → rollback, retraining, or neither: decided once, in the journal; subscribers are notified."""

import os
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import settings
from fairlead.automation.responding import FactGatherer, Responder, alarm_of
from fairlead.automation.response_policy import ResponseTerms
from fairlead.aws import alias_mover, clients
from fairlead.aws.release_client import ReleaseClient
from fairlead.aws.s3 import S3Objects
from fairlead.aws.sns import Notifier
from fairlead.aws.stack import find
from fairlead.errors import ReleaseError
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.registry.store import Registry
from fairlead.releases.facade import release_context
from fairlead.telemetry import emit

here = settings.responding(os.environ)
# Predict times out after 29 seconds, so a longer timeout is useless.
lambdas = clients.client("lambda", connect_timeout=3, read_timeout=32)
terms = msgspec.convert(here.terms, ResponseTerms)
notifier = Notifier(clients.client("sns"), here.topic)
registry = Registry(S3Objects(clients.client("s3", connect_timeout=3, read_timeout=10, attempts=2), here.bucket))


def retrain(at: datetime, model: str, reason: str) -> None:
    """Start a retraining on the outcomes known at the alarm's time; returns without waiting for it."""
    if not here.retrain:
        raise ReleaseError("this stack has no retrain function", hint=f"run `fairlead retrain {model} --local`")
    order = msgspec.json.encode({"model": model, "reason": reason, "time": at.isoformat()})
    with clients.translated(f"start a retraining of {model} (lambda:InvokeFunction)"):
        lambdas.invoke(FunctionName=here.retrain, InvocationType="Event", Payload=order)


@emit.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Respond to one alarm."""
    opened = release_context(find(here.where), mover=alias_mover.opened(here.move))
    cloudwatch = clients.client("cloudwatch")
    gatherer = FactGatherer(
        opened,
        registry,
        LedgerReader(clients.client("dynamodb"), here.ledger),
        cloudwatch,
        ask=lambda release: ReleaseClient(lambdas, opened.function.name, release),
        terms=terms,
    )
    responder = Responder(
        opened,
        registry,
        gatherer,
        retrain=partial(retrain, alarm_of(event).at),
        notify=notifier.notify,
        terms=terms,
        act=here.act,
    )
    response = responder.respond(event)
    if response is None:
        emit.logger.info("this alarm was decided before")
        return {"action": "none", "why": "decided before"}
    decision = response.decision
    emit.logger.info("decided", action=decision.action, rule=decision.rule, outcome=response.outcome)
    return {"action": decision.action, "rule": decision.rule, "outcome": response.outcome}
