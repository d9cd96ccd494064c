"""The feedback loop's pieces for tests: a ledger's table, deliveries as CloudWatch Logs makes them, its functions."""

import base64
import gzip
import json
import os
import sys
import threading
import uuid
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from fairlead import settings
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.versions import KnownVersion
from fairlead.publishing.publish import Published
from fairlead.serving import model as serving_model
from fairlead.serving.model import Model
from fairlead.telemetry.capture import Capture, CapturedRequest, Part
from testkit.ledger_table import create_table
from tests.functional.conftest import Store
from tests.functional.function_app import forget_earlier_starts, load_function

NOON = 1_795_435_200_000
SLOT = NOON // 900_000
LOG_GROUP = "/aws/lambda/fairlead-predict"
OWN_LOG_GROUP = "/aws/lambda/fairlead-feedback"


def make_table(client: Any, name: str) -> None:
    """Create the ledger's table; the client's calls run one at a time, because moto's tables are not thread-safe."""
    plain, turn = client._make_api_call, threading.Lock()

    def call(operation: str, asked: dict[str, Any]) -> Any:
        with turn:
            return plain(operation, asked)

    client._make_api_call = call
    create_table(client, name)


class Loop:
    """A ledger, a dead-letter bucket and a registry; functions that run on them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        name = os.urandom(6).hex()
        self.table, self.bucket = f"ledger-{name}", f"dead-letters-{name}"
        self.dynamodb: Any = boto3.client(
            "dynamodb",
            endpoint_url=store.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        make_table(self.dynamodb, self.table)
        store.client.create_bucket(Bucket=self.bucket)
        self.ledger = Ledger(self.dynamodb, self.table)

    def env(self, function: str) -> dict[str, str]:
        """Return a function's environment, as the template sets it."""
        return {
            **self.store.env,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/fairlead-{function}",
            "FAIRLEAD_LEDGER": self.table,
            "FAIRLEAD_LEDGER_DAYS": "90",
            "FAIRLEAD_SETASIDE": self.bucket,
            "FAIRLEAD_LOG_GROUPS": LOG_GROUP,
            "FAIRLEAD_FUNCTION": "fairlead-feedback",
            "POWERTOOLS_SERVICE_NAME": function,
        }

    def dead_letters(self, prefix: str = "setaside/") -> list[dict[str, Any]]:
        """Return the objects of the dead-letter bucket."""
        objects = S3Objects(self.store.client, self.bucket)
        return [json.loads(objects.get(key)) for key in objects.keys(prefix)]

    def rows_counted(self, version: int = 1) -> int:
        """Rows of all traffic counters."""
        found = self.ledger.counted("penguins", version, SLOT - 96, SLOT + 96)[0].clusters.values()
        return sum(counts.get("rows", 0) for counts in found)

    def scored(self, version: int = 1) -> dict[str, float]:
        """The quality counters of the day."""
        total: dict[str, float] = {}
        for counts in self.ledger.quality("penguins", version, SLOT - 96, SLOT + 96).values():
            for name, amount in counts.items():
                total[name] = total.get(name, 0) + amount
        return total


class Traffic:
    """Requests of a published version, answered by its real engine, as the lines that capture logs."""

    def __init__(self, store: Store, published: Published) -> None:
        frozen = settings.serving(store.released(published))
        self.model: Model = serving_model.load(frozen, S3Objects(store.client, store.env["FAIRLEAD_BUCKET"]))
        self.signature = self.model.facts.signature

    def completed(self, part: Part) -> Part:
        """Return a part with its fields, as the ledger keeps it."""
        return KnownVersion(self.signature, None).completed(part)

    def lines(
        self,
        instances: Sequence[dict[str, Any]],
        *,
        request: str | None = None,
        at: int = NOON,
        caller: str = "ada",
        drop: frozenset[str] = frozenset(),
    ) -> list[str]:
        """The lines of one request."""
        request = request or str(uuid.uuid4())
        body = json.dumps({"instances": list(instances)})
        prediction = self.model.predict(self.model.rows(body), request_id=request, release="7")
        asked = CapturedRequest(request=request, at=at, caller=caller, rows=prediction.rows)
        return list(Capture(self.signature, drop=drop).lines(asked, prediction.answered))


def request_id(number: int) -> str:
    """An id of Lambda's, the same for the same number."""
    return str(uuid.UUID(int=number))


def delivery(lines: Sequence[str], *, group: str = LOG_GROUP, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """Return the event that CloudWatch Logs sends to a subscriber."""
    document = {
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": group,
        "logStream": "2026/11/23/[7]0123456789abcdef0123456789abcdef",
        "subscriptionFilters": ["capture"],
        "logEvents": [
            {"id": f"{place:056d}", "timestamp": _written(line) + place, "message": line}
            for place, line in enumerate(lines)
        ],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()}}


def _written(line: str) -> int:
    """Return when a line was written: a line of predict, at its request's time; any other, at noon."""
    try:
        at = json.loads(line)["at"]
    except (ValueError, TypeError, KeyError):
        return NOON
    return at if isinstance(at, int) else NOON


def load(function: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a function's app.py again with this environment, as a cold start does."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_", "POWERTOOLS_"))]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    forget_earlier_starts()
    # They hold the telemetry of an earlier start.
    for name in ("feedback.log_delivery", "feedback.redrive", "feedback.intake", "monitoring.tick"):
        sys.modules.pop(f"fairlead.{name}", None)
    return load_function(function)


def running(seconds: float = 900) -> SimpleNamespace:
    """The context of an invocation with so much time left."""
    return SimpleNamespace(
        aws_request_id=request_id(0),
        function_name="fairlead-feedback",
        function_version="$LATEST",
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:fairlead-feedback",
        memory_limit_in_mb=1024,
        get_remaining_time_in_millis=lambda: int(seconds * 1000),
    )
