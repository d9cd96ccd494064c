"""moto's DynamoDB with serialised calls, throttling on demand, faster queries, and expiry of items.

Unpatched, moto lets two threads pass the same condition, copies whole tables for each transaction, and sorts a table
for each query.
"""

import copy
import inspect
import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from werkzeug import Request, Response
from werkzeug.test import run_wsgi_app

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.clock import Clock
from fairlead_local.dynamodb import answers, expressions, numbers
from fairlead_local.faults import Faults
from fairlead_local.http_message import WsgiApp

TRANSACTION = "TransactWriteItems"
Key = tuple[DynamoType, DynamoType | None]
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
        _patch_moto()
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


def _patch_moto() -> None:
    """Replace moto's query and transaction by versions that read only the items they need."""
    if getattr(Table.query, "mended", False):
        return
    query, transact = Table.query, DynamoDBBackend.transact_write_items
    shape = inspect.signature(query)

    def narrowed(self: Table, *given: Any, **named: Any) -> Any:
        request = shape.bind(self, *given, **named).arguments
        narrow = copy.copy(self)
        if request.get("index_name"):
            narrow.items = _matching(self, request.get("hash_key_conditions") or [])
        else:
            found: Any = {key: self.items[key] for key in (request["hash_key"],) if key in self.items}
            narrow.items = found
        return query(narrow, *given, **named)

    def atomic(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        named = {operation["TableName"] for item in transact_items for operation in item.values()}
        real = {name: self.tables[name] for name in named & set(self.tables)}
        keys = {name: _keys(table, transact_items) for name, table in real.items()}
        for name, table in real.items():
            self.tables[name] = copy.copy(table)
            self.tables[name].items = copy.deepcopy(_chosen(table, keys[name]))
        try:
            transact(self, transact_items)
            after = {name: self.tables[name] for name in real}
        finally:
            self.tables.update(real)
        for name, table in real.items():
            for key in keys[name]:
                _take_over(table, after[name], key)

    narrowed.mended = True  # type: ignore[attr-defined]
    Table.query = narrowed  # type: ignore[method-assign]
    DynamoDBBackend.transact_write_items = atomic  # type: ignore[method-assign]


def _matching(table: Table, conditions: Sequence[tuple[str, DynamoType]]) -> Any:
    """Return the items that match an index query's keys, in the table's own structure."""
    items: Any = defaultdict(dict)
    kept: Any = table.items
    for key, within in kept.items():
        for item in within.values() if table.range_key_attr else (within,):
            if all(name in item.attrs and item.attrs[name] == value for name, value in conditions):
                if table.range_key_attr:
                    items[key][item.range_key] = item
                else:
                    items[key] = item
    return items


def _keys(table: Table, transact_items: Sequence[dict[str, Any]]) -> list[Key]:
    """Return the keys of a table that a transaction names; moto refuses an item without its key."""
    found = []
    for item in transact_items:
        for operation in item.values():
            given = operation.get("Key") or operation.get("Item") or {}
            if operation["TableName"] == table.name and all(name in given for name in table.table_key_attrs):
                hash_key, *rest = (DynamoType(given[name]) for name in table.table_key_attrs)
                found.append((hash_key, rest[0] if rest else None))
    return found


def _chosen(table: Table, keys: Sequence[Key]) -> Any:
    """Return the items under these keys, in the table's own structure."""
    items: Any = defaultdict(dict)
    for hash_key, range_key in keys:
        if hash_key in table.items and range_key is None:
            items[hash_key] = table.items[hash_key]
        elif hash_key in table.items and range_key in table.items[hash_key]:
            items[hash_key][range_key] = table.items[hash_key][range_key]
    return items


def _take_over(table: Table, other: Table, key: Key) -> None:
    """Copy one key's item from another table, or delete it where the other has none."""
    item, kept = other.get_item(*key), table.items
    if item is None:
        table.delete_item(*key)
    elif key[1] is None:
        kept[key[0]] = item  # type: ignore[assignment]  # how moto keeps items without a second key
    else:
        kept[key[0]][key[1]] = item
