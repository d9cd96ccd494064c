"""moto's DynamoDB with serialised calls, throttling on demand, and expiry of items.

Without turns, moto lets two threads pass the same condition.
"""

import json
import threading
from collections.abc import Iterable
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from werkzeug import Request, Response
from werkzeug.test import run_wsgi_app

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.clock import Clock
from fairlead_local.dynamodb import answers, expressions, numbers, tables
from fairlead_local.faults import Faults
from fairlead_local.http_message import WsgiApp

TRANSACTION = "TransactWriteItems"
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", TRANSACTION}
EXPIRY_SECONDS = 3600.0  # AWS deletes within a few days
FAMILY = "com.amazonaws.dynamodb.v20120810#"
THROTTLED = "The level of configured provisioned throughput for the table was exceeded."
SCALING = "Throughput exceeds the current capacity of your table or index."


class DynamoDb:
    """A WSGI application in front of moto's."""

    def __init__(self, rest: WsgiApp, faults: Faults, clock: Clock) -> None:
        self._rest = rest
        self._faults = faults
        self._clock = clock
        self._lock = threading.Lock()
        tables.patch_tables()
        numbers.patch_numbers()
        expressions.patch_expressions()
        answers.patch_answers()
        clock.every(EXPIRY_SECONDS, self._delete_expired)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request; calls are serialised."""
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if operation in WRITES and self._faults.write_throttled():
            return _throttled(operation, environ)(environ, start_response)
        with self._lock:
            body, status, headers = run_wsgi_app(self._rest, environ)
        start_response(status, headers.to_wsgi_list())
        return body

    def _delete_expired(self) -> None:
        """Delete items whose time to live is over."""
        now = self._clock.now()
        with self._lock:
            for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
                name = table.ttl.get("AttributeName")
                if name and table.ttl["TimeToLiveStatus"] == "ENABLED":
                    for item in [one for one in table.all_items() if _expired(one.attrs.get(name), now)]:
                        table.delete_item(item.hash_key, item.range_key)


def _expired(value: DynamoType | None, now: float) -> bool:
    return value is not None and value.type == "N" and float(value.value) < now


def _throttled(operation: str, environ: dict[str, Any]) -> Response:
    """Return AWS's answer to a throttled write; a transaction is cancelled with one reason per item."""
    if operation != TRANSACTION:
        answer: dict[str, Any] = {"__type": f"{FAMILY}ProvisionedThroughputExceededException", "message": THROTTLED}
    else:
        items = json.loads(Request(environ).get_data()).get("TransactItems", [])
        reasons = [{"Code": "ThrottlingError", "Message": SCALING}, *({"Code": "None"} for _ in items[1:])]
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        answer = {"__type": f"{FAMILY}TransactionCanceledException", "Message": message, "CancellationReasons": reasons}
    return Response(json.dumps(answer), 400, content_type="application/x-amz-json-1.0")
