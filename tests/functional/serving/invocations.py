"""Invocations of predict with proxy events, as API Gateway makes them."""

import contextlib
import json
from types import ModuleType
from typing import Any

from testkit.lambda_context import context, event


def invoke(
    app: ModuleType, proxy_event: dict[str, Any], *, called: str = "live"
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Status, body and headers of one invocation."""
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(proxy_event, context(called=called))
    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers


def rows(name: str = "predict") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(event(name)["body"])["instances"]
    return found


def ask(app: ModuleType, *instances: Any, **changes: Any) -> tuple[int, dict[str, Any], dict[str, Any]]:
    return invoke(app, event("predict", **({"body": json.dumps({"instances": instances})} | changes)))


def records(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Log lines and EMF documents among what was printed."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" not in line], [line for line in lines if "_aws" in line]
