"""Health check of a Lambda version before callers reach it: a version that cannot load its model never becomes live."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.release_client import ask_until_loaded, proxy_event
from fairlead.errors import FairleadError, ReleaseError


def prove(
    function: PredictFunction,
    version: str,
    digest: str,
    *,
    progress: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the Lambda version is active and answers with its model; raises ReleaseError with the reason.

    `digest` is the manifest's, with the prefix `sha256:`.
    """
    # Lambda reactivates an inactive version (SnapStart, unused for 14 days) only when it is invoked.
    state = function.configuration(version).state
    if state == "Inactive":
        progress(f"reactivating release {version} (SnapStart, unused for 14 days), which can take minutes")
    elif state != "Active":
        progress(f"waiting for release {version} to become active")
        function.wait_active(version)
    progress(f"checking the health of release {version}")
    answer = ask_until_loaded(lambda: _health(function, version), _answered, sleep=sleep)
    if not _answered(answer):
        raise ReleaseError(f"release {version} cannot answer: {_reason(answer)}", hint="its log has the details")
    health = _body(answer)
    if (health.get("release"), health.get("digest")) != (version, digest):
        found = f"release {health.get('release')} with {health.get('digest')}"
        raise ReleaseError(f"release {version} with {digest} was invoked, but {found} answered")


def problem(function: PredictFunction, version: str) -> str:
    """Return why a Lambda version does not answer with a model now; empty if it does."""
    try:
        answer = _health(function, version)
    except FairleadError as error:
        return str(error)
    return "" if _answered(answer) else _reason(answer)


def _health(function: PredictFunction, version: str) -> dict[str, Any]:
    return function.invoke(version, proxy_event("GET", "/health"))


def _answered(answer: dict[str, Any]) -> bool:
    return answer.get("statusCode") == 200


def _reason(answer: dict[str, Any]) -> str:
    """Return the runtime's error, else the detail of the problem document."""
    if "errorMessage" in answer:
        return f"{answer.get('errorType', 'error')}: {answer['errorMessage']}"
    return str(_body(answer).get("detail") or f"HTTP {answer.get('statusCode')}")


def _body(answer: dict[str, Any]) -> dict[str, Any]:
    try:
        body: dict[str, Any] = msgspec.json.decode(answer.get("body") or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
    return body
