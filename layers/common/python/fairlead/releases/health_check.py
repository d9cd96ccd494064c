"""Having a version answer before callers reach it: what cannot load its model never becomes live."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from fairlead.aws.lambda_function import PredictFunction
from fairlead.errors import FairleadError, ReleaseError

ATTEMPTS = 3
HEALTH = {
    "resource": "/health",
    "path": "/health",
    "httpMethod": "GET",
    "headers": {"Accept": "application/json"},
    "multiValueHeaders": {"Accept": ["application/json"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {
        "resourcePath": "/health",
        "path": "/health",
        "httpMethod": "GET",
        "stage": "release",
        "requestId": "release",
        "identity": {"sourceIp": "127.0.0.1"},
    },
    "body": None,
    "isBase64Encoded": False,
}
"""A proxy event as API Gateway sends it for GET /health."""


def prove(
    function: PredictFunction,
    version: str,
    digest: str,
    *,
    progress: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the Lambda version is active and answers with its model; raises ReleaseError with its reason.

    `digest` is the manifest's, as the answer spells it.
    """
    # An inactive version (SnapStart, unused for 14 days) wakes only when it is invoked.
    state = function.configuration(version).state
    if state == "Inactive":
        progress(f"release {version} sleeps (SnapStart, unused for 14 days): waking it, which can take minutes")
    elif state != "Active":
        progress(f"waiting for release {version} to become active")
        function.wait_active(version)
    progress(f"asking release {version} for its health")
    answer = function.invoke(version, HEALTH)
    for attempt in range(1, ATTEMPTS):
        if answer.get("statusCode") == 200:
            break
        sleep(2.0 * attempt)  # the function backs off itself after a failed load
        answer = function.invoke(version, HEALTH)
    if answer.get("statusCode") != 200:
        raise ReleaseError(f"release {version} cannot answer: {_reason(answer)}", hint="its log says more")
    health = _body(answer)
    if (health.get("release"), health.get("digest")) != (version, digest):
        who = f"release {health.get('release')} with {health.get('digest')}"
        raise ReleaseError(f"release {version} with {digest} was asked and {who} answered")


def problem(function: PredictFunction, version: str) -> str:
    """Say why a Lambda version does not answer with a model now; empty if it does."""
    try:
        answer = function.invoke(version, HEALTH)
    except FairleadError as error:
        return str(error)
    return "" if answer.get("statusCode") == 200 else _reason(answer)


def _reason(answer: dict[str, Any]) -> str:
    """Say why: what the runtime raised, else the problem's detail."""
    if "errorMessage" in answer:
        return f"{answer.get('errorType', 'error')}: {answer['errorMessage']}"
    return str(_body(answer).get("detail") or f"HTTP {answer.get('statusCode')}")


def _body(answer: dict[str, Any]) -> dict[str, Any]:
    try:
        body: dict[str, Any] = msgspec.json.decode(answer.get("body") or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
    return body
