"""The retrain function's words: an event becomes an order, what came of it an answer.

An event is `{"model", "reason", "time"}`, a schedule's (its `time`, the model that is live), or a schedule's with a
model as its `detail`. Lambda delivers it again under the same request id, which is the order's key.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from fairlead.aws import clients, stack
from fairlead.aws.lambda_function import PredictFunction
from fairlead.errors import RefusedError, SettingsError
from fairlead.publishing.store import Published
from fairlead.releases import facade
from fairlead.retraining.retrain import Retrained, Retraining
from fairlead.retraining.types import Limits, Order, RetrainingError
from fairlead.settings import Operator
from fairlead.settings import Retraining as Settings

SCHEDULED = "it is time to"


def order_of(event: Mapping[str, Any], here: Settings, *, by: str, request: str) -> Order:
    """Read an event; raises SettingsError for a malformed one, RetrainingError where no model is named or live."""
    detail = event.get("detail") or {}
    model = event.get("model") or detail.get("model") or live_model(here.where)
    days = event.get("since_days") or here.days
    try:
        now = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
        since = timedelta(days=float(days))
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingsError(f"the event is no order to retrain: {error}") from error
    if now.tzinfo is None:
        raise SettingsError(f"the event's time {event['time']!r} does not say in which time zone")
    return Order(
        model=str(model),
        now=now,
        by=str(event.get("by") or by),
        why=str(event.get("reason") or detail.get("reason") or SCHEDULED),
        since=since,
        key=request,
        limits=Limits(fewest=here.fewest, trusted=here.trusted),
    )


def start(client: Any, function: str, event: Mapping[str, Any]) -> str:
    """Start a function and do not wait; returns the request's id, which its log lines carry."""
    with clients.translated(f"start {function} (lambda:InvokeFunction)"):
        called = client.invoke(FunctionName=function, InvocationType="Event", Payload=msgspec.json.encode(event))
    return str(called["ResponseMetadata"]["RequestId"])


def live_model(where: Operator) -> str:
    """Name the model that is live on the stack; raises RetrainingError where there is none."""
    live = facade.named(PredictFunction(clients.client("lambda"), stack.find(where).function), "live")
    if live is None or live.model is None:
        raise RetrainingError(f"stack {where.stack} serves no model", hint="name one, or release one first")
    return live.model


def answer(
    event: Mapping[str, Any], here: Settings, retraining: Retraining, *, by: str, request: str
) -> dict[str, Any]:
    """Retrain, and say what came of it.

    A refusal is an answer, also where no model is live: asking again would not help. All else is raised.
    """
    try:
        order = order_of(event, here, by=by, request=request)
        done = retraining.retrain(order)
    except RefusedError as error:
        return _refused(event, error)
    if isinstance(done, Published):
        return {"result": "done before", **_named(done), "reason": order.why}
    return {"result": "published", **told(done), "reason": order.why}


def hand_over(client: Any, function: str, answered: Mapping[str, Any]) -> None:
    """Hand a version that was made to the function that releases candidates, and do not wait.

    One that was made before too: whoever made it may have been killed before this. Nothing happens twice by it.
    """
    if answered["result"] != "refused":
        start(client, function, {name: answered[name] for name in ("model", "version", "digest", "reason")})


def told(done: Retrained) -> dict[str, Any]:
    """Say what was made, for a log or a terminal."""
    manifest = done.published.manifest
    return {
        **_named(done.published),
        "champion": done.champion,
        "learnt": done.learnt,
        "held_out": done.held_out,
        "created_by": manifest.created_by,
        "engine": manifest.engine.name,
        "next": f"fairlead release {manifest.model} {manifest.version}",
    }


def _named(published: Published) -> dict[str, Any]:
    manifest = published.manifest
    return {"model": manifest.model, "version": manifest.version, "digest": f"sha256:{published.sha256}"}


def _refused(event: Mapping[str, Any], error: RefusedError) -> dict[str, Any]:
    refused = [f"{one.check}: {one.finding} {one.figure}" for one in error.findings if one.refuses]
    model = str(event.get("model") or "")
    return {"result": "refused", "model": model, "why": str(error), "hint": error.hint, "findings": refused}
