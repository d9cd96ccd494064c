"""A function that does what its event says."""

import base64
import importlib.util
import json
import os
import time
from typing import Any

import words  # type: ignore[import-not-found]  # it is in the layers

if os.environ.get("FAIL_INIT"):
    raise RuntimeError("init fails as asked")


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer a proxy event (or a bare one) with facts about this process."""
    proxied = "requestContext" in event
    body = event.get("body") or "{}"
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    try:
        asked = json.loads(body) if proxied else event
    except ValueError:
        asked = {}
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    if "raise" in asked:
        raise ValueError(asked["raise"])
    if "exit" in asked:
        os._exit(asked["exit"])
    if "log" in asked:
        print(asked["log"])  # noqa: T201 - what a function prints is its log
    if "answer" in asked:
        return asked["answer"]
    if "size" in asked:
        return "x" * asked["size"]
    facts = _facts(context)
    return {"statusCode": 200, "body": json.dumps({**facts, "event": event})} if proxied else facts


def _facts(context: Any) -> dict[str, Any]:
    names = ("boto3", "moto", "fairlead_local", "only_first", "awslambdaric")
    return {
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "word": words.WORD,
        "environment": dict(os.environ),
        "importable": {name: importlib.util.find_spec(name) is not None for name in names},
        "pid": os.getpid(),
    }
