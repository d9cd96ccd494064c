"""moto's tables without copies: a query reads the items under its key, a transaction the items that it names.

Unpatched, moto sorts a whole table for each query, and copies a whole table for each part of a transaction.
"""

import copy
import inspect
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

Key = tuple[DynamoType, DynamoType | None]


def patch_tables() -> None:
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
            self.tables[name] = _Draft.of(table, copy.deepcopy(_chosen(table, keys[name])))
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


class _Draft(Table):
    """A table for one transaction, thrown away if it fails. So it needs no backup; moto makes one for each part."""

    @classmethod
    def of(cls, table: Table, items: Any) -> "_Draft":
        draft = object.__new__(cls)
        vars(draft).update(vars(table), items=items)
        return draft

    def __deepcopy__(self, _: Any) -> "_Draft":
        return self


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
