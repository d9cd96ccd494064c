"""The retrain function's input and output: an event becomes an order, the result becomes an answer.

An event is `{"model", "reason", "time"}`, or a schedule's: its `time`, with the model in `detail`, else the live model.
Lambda retries an event under the same request id, which is the order's key.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.aws import clients, stack
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.lambda_invocation import start
from fairlead.errors import RefusedError, SettingsError
from fairlead.model.digest import prefixed
from fairlead.publishing.store import Published
from fairlead.retraining.retrain import Retrained, Retraining
from fairlead.retraining.types import Limits, RetrainingError, RetrainingOrder
from fairlead.settings import Operator
from fairlead.settings import Retraining as Settings

SCHEDULED = "it is time to"


def order_of(event: Mapping[str, Any], here: Settings, *, by: str, request: str) -> RetrainingOrder:
    """Parse an event; raises SettingsError for a malformed one, RetrainingError if no model is named or live."""
    detail = event.get("detail") or {}
    model = event.get("model") or detail.get("model") or live_model(here.where)
    days = event.get("since_days") or here.days
    try:
        now = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
        since = timedelta(days=float(days))
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingsError(f"the event is not a valid retraining order: {error}") from error
    if now.tzinfo is None:
        raise SettingsError(f"the event's time {event['time']!r} has no time zone")
    return RetrainingOrder(
        model=str(model),
        now=now,
        by=str(event.get("by") or by),
        why=str(event.get("reason") or detail.get("reason") or SCHEDULED),
        since=since,
        key=request,
        limits=Limits(fewest=here.fewest, trusted=here.trusted),
    )


def live_model(where: Operator) -> str:
    """Return the name of the stack's live model; raises RetrainingError without one."""
    live = PredictFunction(clients.client("lambda"), stack.find(where).function).named("live")
    if live is None or live.model is None:
        raise RetrainingError(f"stack {where.stack} has no live model", hint="name a model, or release one first")
    return live.model


def answer(
    event: Mapping[str, Any], here: Settings, retraining: Retraining, *, by: str, request: str
) -> dict[str, Any]:
    """Retrain, and return the result.

    A refusal is a result, because a retry would not help; so is a missing live model. Any other error is raised.
    """
    try:
        order = order_of(event, here, by=by, request=request)
        done = retraining.retrain(order)
    except RefusedError as error:
        return _refused(event, error)
    if isinstance(done, Published):
        return {"result": "done before", **_named(done), "reason": order.why}
    return {"result": "published", **published_facts(done), "reason": order.why}


def hand_over(client: Any, function: str, answered: Mapping[str, Any]) -> None:
    """Send a new version to the release function, without waiting.

    A version from an earlier run is sent too, because that run may have been killed before. The release is idempotent.
    """
    if answered["result"] != "refused":
        start(client, function, {name: answered[name] for name in ("model", "version", "digest", "reason")})


def published_facts(done: Retrained) -> dict[str, Any]:
    """Return the new version's facts, for a log or a terminal."""
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
    return {"model": manifest.model, "version": manifest.version, "digest": prefixed(published.sha256)}


def _refused(event: Mapping[str, Any], error: RefusedError) -> dict[str, Any]:
    refused = [f"{one.check}: {one.finding} {one.figure}" for one in error.findings if one.refuses]
    model = str(event.get("model") or "")
    return {"result": "refused", "model": model, "why": str(error), "hint": error.hint, "findings": refused}
