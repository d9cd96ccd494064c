"""moto's tables: a query reads the items under its key, a transaction or an update copies the items that it names.

Unpatched, moto sorts a whole table for each query, and copies a whole table for each part of a transaction.
"""

import copy
import inspect
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

Key = tuple[DynamoType, DynamoType | None]


def patch_tables() -> None:
    """Replace moto's query, transaction and update by versions that touch only the items they need.

    moto's update changes an item attribute by attribute, and a failing one leaves what it did until then.
    """
    if getattr(Table.query, "mended", False):
        return
    query, transact, update = Table.query, DynamoDBBackend.transact_write_items, DynamoDBBackend.update_item
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
        keys = {name: _keys(self.tables[name], transact_items) for name in named & set(self.tables)}
        _on_copies(self, keys, lambda: transact(self, transact_items))

    def whole(self: DynamoDBBackend, table_name: str, key: dict[str, Any], *given: Any, **named: Any) -> Item:
        table = self.get_table(table_name)
        if isinstance(table, _Draft):  # a part of a transaction, which has copies
            return update(self, table_name, key, *given, **named)
        keys = {table.name: _key(table, key)}
        return _on_copies(self, keys, lambda: update(self, table_name, key, *given, **named))

    narrowed.mended = True  # type: ignore[attr-defined]
    Table.query = narrowed  # type: ignore[method-assign]
    DynamoDBBackend.transact_write_items = atomic  # type: ignore[method-assign]
    DynamoDBBackend.update_item = whole  # type: ignore[method-assign]


class _Draft(Table):
    """A table for one update or transaction, thrown away if it fails.

    So it needs no backup; moto makes one for each part of a transaction.
    """

    @classmethod
    def of(cls, table: Table, items: Any) -> "_Draft":
        draft = object.__new__(cls)
        vars(draft).update(vars(table), items=items)
        return draft

    def __deepcopy__(self, _: Any) -> "_Draft":
        return self


def _on_copies[T](backend: DynamoDBBackend, keys: Mapping[str, Sequence[Key]], change: Callable[[], T]) -> T:
    """Make a change on copies of these items of each table, and keep them if it succeeds."""
    real = {name: backend.tables[name] for name in keys}
    for name, table in real.items():
        backend.tables[name] = _Draft.of(table, copy.deepcopy(_chosen(table, keys[name])))
    try:
        answer = change()
        after = {name: backend.tables[name] for name in real}
    finally:
        backend.tables.update(real)
    for name, table in real.items():
        for key in keys[name]:
            _take_over(table, after[name], key)
    return answer


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
    found: list[Key] = []
    for item in transact_items:
        for operation in item.values():
            if operation["TableName"] == table.name:
                found += _key(table, operation.get("Key") or operation.get("Item") or {})
    return found


def _key(table: Table, given: dict[str, Any]) -> list[Key]:
    """Return the key among these attributes, or nothing if a part of it is missing."""
    if any(name not in given for name in table.table_key_attrs):
        return []
    hash_key, *rest = (DynamoType(given[name]) for name in table.table_key_attrs)
    return [(hash_key, rest[0] if rest else None)]


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
