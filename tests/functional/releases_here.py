"""Lambda in this process: releases are predict's own handler, loaded with the environment they froze.

A boto3 client whose calls end here, so that botocore still checks every parameter. Log tails are as the runtime writes
them. A test sets what a release does wrong.
"""

import base64
import contextlib
import io
import json
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError

from testkit.lambda_context import context
from tests.functional.conftest import Load

FUNCTION = "fairlead-predict"
Answer = dict[str, Any]


class Release:
    """One published version. `answers` changes what the handler answers to a path; `fault` is raised by the runtime."""

    def __init__(self, number: str, env: dict[str, str], app: ModuleType) -> None:
        self.number = number
        self.env = env
        self.app = app
        self.answers: dict[str, Callable[[Answer], Answer]] = {}
        self.fault = ""
        self.hangs = False
        self.duration_ms = 3.0
        self.init_ms = 400.0
        self.environments = 0
        self.busy = 0
        self.most_busy = 0
        self.calls: list[str] = []


class ReleasesHere:
    """`client` is what the code under test gets."""

    def __init__(self, load: Load) -> None:
        self.client: Any = boto3.client(
            "lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.releases: dict[str, Release] = {}
        self.operations: list[str] = []
        self.reports = True
        self._load = load
        self._lock = threading.Lock()
        self._here = threading.local()
        events: Any = self.client.meta.events
        events.register("provide-client-params.lambda", self._remember)
        events.register_first("before-call.lambda", self._answer)

    def publish(self, number: str, env: dict[str, str]) -> Release:
        release = Release(number, env, self._load({**env, "AWS_LAMBDA_FUNCTION_VERSION": number}))
        endpoint = release.app.endpoint
        if endpoint._start_ms is not None:  # this process started long before the release existed
            endpoint._start_ms = release.init_ms
        self.releases[number] = release
        return release

    def _remember(self, params: Answer, **_: Any) -> None:
        self._here.params = params

    def _answer(self, model: Any, **_: Any) -> tuple[Any, Answer]:
        self.operations.append(model.name)
        params = self._here.params
        assert params["FunctionName"] == FUNCTION
        release = self.releases.get(params["Qualifier"])
        if release is None:
            return _refused("ResourceNotFoundException", 404)
        act = {"GetFunctionConfiguration": self._configuration, "Invoke": self._invoke}[model.name]
        return act(release, params)

    def _configuration(self, release: Release, _: Answer) -> tuple[Any, Answer]:
        frozen = {name: value for name, value in release.env.items() if name.startswith("FAIRLEAD_")}
        facts = {
            "Version": release.number,
            "RevisionId": "r",
            "CodeSha256": "c",
            "LastModified": "2026-11-23T12:00:00.000+0000",
            "State": "Active",
            "Environment": {"Variables": frozen},
        }
        return _answered(facts)

    def _invoke(self, release: Release, params: Answer) -> tuple[Any, Answer]:
        event = json.loads(params["Payload"])
        release.calls.append(f"{event['httpMethod']} {event['path']}")
        with self._lock:
            release.busy += 1
            release.most_busy = max(release.most_busy, release.busy)
            cold = release.busy > release.environments
            release.environments = max(release.environments, release.busy)
        try:
            if release.hangs:
                raise ReadTimeoutError(endpoint_url="https://lambda.us-east-1.amazonaws.com")
            if release.fault:
                return _answered(
                    _said({"errorType": "Runtime.ExitError", "errorMessage": release.fault}, b"", error=True)
                )
            time.sleep(0.02)  # long enough for calls made at once to overlap
            return _answered(self._handled(release, event, cold=cold))
        finally:
            with self._lock:
                release.busy -= 1

    def _handled(self, release: Release, event: Answer, *, cold: bool) -> Answer:
        printed = io.StringIO()
        with self._lock, contextlib.redirect_stdout(printed):
            answer = release.app.handler(event, context(release.number, called=release.number))
        if event["path"] in release.answers:
            answer = release.answers[event["path"]](answer)
        metrics = {
            "durationMs": release.duration_ms,
            "billedDurationMs": 4,
            "memorySizeMB": 1769,
            "maxMemoryUsedMB": 200,
        }
        if cold:
            metrics["initDurationMs"] = release.init_ms
        report = {"time": "2026-11-23T12:00:00.000Z", "type": "platform.report", "record": {"metrics": metrics}}
        tail = printed.getvalue() + (json.dumps(report) if self.reports else "")
        return _said(answer, tail.encode())


def edited(change: Callable[[Answer], None]) -> Callable[[Answer], Answer]:
    """An answer whose JSON body has been changed in place."""

    def edit(answer: Answer) -> Answer:
        body = json.loads(answer["body"])
        change(body)
        return {**answer, "body": json.dumps(body)}

    return edit


def _said(document: Answer, tail: bytes, *, error: bool = False) -> Answer:
    said = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(document).encode())}
    said["LogResult"] = base64.b64encode(tail[-4096:]).decode()
    return {**said, "FunctionError": "Unhandled"} if error else said


def _answered(document: Answer) -> tuple[Any, Answer]:
    http = type("Answered", (), {"status_code": 200, "headers": {}})()
    return http, {**document, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _refused(code: str, status: int) -> tuple[Any, Answer]:
    http = type("Answered", (), {"status_code": status, "headers": {}})()
    return http, {"Error": {"Code": code, "Message": "No."}, "ResponseMetadata": {"HTTPStatusCode": status}}
