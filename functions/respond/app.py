"""A CloudWatch alarm → roll back, retrain, or say why not: decided once, on record, and people are told."""

import os
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from fairlead import aws, settings, telemetry
from fairlead.asking import Asked
from fairlead.errors import ReleaseError
from fairlead.ledger.reading import LedgerReader
from fairlead.objects import S3Objects
from fairlead.people import People
from fairlead.policy import Terms
from fairlead.registry import Registry
from fairlead.releases import means_of
from fairlead.responding import Gathering, Responder, alarm_of
from fairlead.stack import find

here = settings.responding(os.environ)
# Predict's own limit is 29 seconds: whoever waits longer waits for nothing.
lambdas = aws.client("lambda", connect_timeout=3, read_timeout=32)
terms = msgspec.convert(here.terms, Terms)
people = People(aws.client("sns"), here.topic)
registry = Registry(S3Objects(aws.client("s3", connect_timeout=3, read_timeout=10, attempts=2), here.bucket))


def retrain(at: datetime, model: str, reason: str) -> None:
    """Start a retraining on what was known when the alarm rang, and do not wait for it."""
    if not here.retrain:
        raise ReleaseError("this stack has no function that retrains", hint=f"run `fairlead retrain {model} --local`")
    asked = msgspec.json.encode({"model": model, "reason": reason, "time": at.isoformat()})
    with aws.translated(f"start a retraining of {model} (lambda:InvokeFunction)"):
        lambdas.invoke(FunctionName=here.retrain, InvocationType="Event", Payload=asked)


@telemetry.logger.inject_lambda_context(log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's shape
    """Respond to one alarm."""
    means, cloudwatch = means_of(find(here.where)), aws.client("cloudwatch")
    gathering = Gathering(
        means,
        registry,
        LedgerReader(aws.client("dynamodb"), here.ledger),
        cloudwatch,
        ask=lambda release: Asked(lambdas, means.function.name, release),
        terms=terms,
    )
    responder = Responder(
        means,
        registry,
        gathering,
        retrain=partial(retrain, alarm_of(event).at),
        tell=people.tell,
        terms=terms,
        act=here.act,
    )
    response = responder.respond(event)
    if response is None:
        telemetry.logger.info("this alarm was decided before")
        return {"action": "none", "why": "decided before"}
    decision = response.decision
    telemetry.logger.info("decided", action=decision.action, rule=decision.rule, outcome=response.outcome)
    return {"action": decision.action, "rule": decision.rule, "outcome": response.outcome}
