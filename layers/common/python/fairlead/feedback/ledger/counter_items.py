"""Counters as DynamoDB updates: ADD alone, in pages and shards.

An update takes at most 300 operands and 4 KB of expression
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html), so many counters are several
items; a transaction that meets another on an item is cancelled, so each item has several shards, and a transaction
keeps to one of them: with a shard for each of its items it would meet nearly everybody (benchmarks/contention.py).

DynamoDB refuses a sum that needs more than 38 digits: 1e50 + 1 fails, and so does 1e12 + 0.1234567890123456 after some
more additions. A float is therefore added to the counter of its magnitude, `<name>@<decade>`, whose numbers share their
digits: 17 of the float, DECADE of the magnitude, and the rest for the sum. Readers add the magnitudes up.
"""

import math
import random
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

PAGE = 100
SHARDS = 8
DECADE = 12
"""Powers of ten that share a counter: 17 + 12 digits leave 9 for sums, a thousand million additions."""
SMALLEST = 1e-108
"""Smaller amounts are taken for 0: DynamoDB's numbers, with 17 digits, begin at 1e-130."""

Number = int | float
Counts = Mapping[str, Number]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts to add to one item, less its shard: `prefix` begins its sort key."""

    pk: str
    prefix: str
    counts: dict[str, Number]

    def update(self, table: str, shard: int, *, expires: int) -> dict[str, Any]:
        """Spell the update, onto a shard."""
        names = list(self.counts)
        added = ", ".join(f"#{place} :{place}" for place in range(len(names)))
        return {
            "TableName": table,
            "Key": {"pk": {"S": self.pk}, "sk": {"S": f"{self.prefix}#{shard}"}},
            "UpdateExpression": f"SET expires = :e ADD {added}",
            "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate(names)},
            "ExpressionAttributeValues": {
                ":e": {"N": str(expires)},
                **{f":{place}": {"N": _spelled(self.counts[name])} for place, name in enumerate(names)},
            },
        }


def pages(pk: str, slot: int, kind: Literal["T", "Q"], group: str, counts: Counts) -> list[Page]:
    """Cut counters into items; those that are 0 are left out, and readers add up all items whatever is in which."""
    counted = [(_named(name, amount), amount) for name, amount in counts.items() if abs(amount) >= SMALLEST]
    return [
        Page(pk=pk, prefix=f"{slot:010d}#{kind}#{group}#{start // PAGE}", counts=dict(counted[start : start + PAGE]))
        for start in range(0, len(counted), PAGE)
    ]


def any_shard() -> int:
    """Choose a shard, anew for each attempt."""
    return random.randrange(SHARDS)  # noqa: S311 - spreads load, keeps no secret


def read(item: Mapping[str, Any]) -> dict[str, Number]:
    """Return an item's counters, their magnitudes added up."""
    found: dict[str, Number] = {}
    for name, value in item.items():
        if name not in {"pk", "sk", "expires"}:
            counter = name.partition("@")[0]
            found[counter] = found.get(counter, 0) + _number(value["N"])
    return found


def _named(name: str, amount: Number) -> str:
    """Name the counter of an amount: integers share one, floats one for each magnitude."""
    return f"{name}@{math.floor(math.log10(abs(amount)) / DECADE)}" if isinstance(amount, float) else name


def _spelled(amount: Number) -> str:
    """Spell a number as DynamoDB takes it."""
    return format(amount, ".17g") if isinstance(amount, float) else str(amount)


def _number(text: str) -> Number:
    return float(text) if any(mark in text for mark in ".eE") else int(text)
