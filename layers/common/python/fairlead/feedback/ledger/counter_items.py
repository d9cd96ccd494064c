"""Counters as DynamoDB updates: ADD only, in pages and shards.

An update takes at most 300 operands and 4 KB of expression
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html), so many counters need several
items. DynamoDB cancels a transaction that conflicts with another on an item, so each item has several shards. A
transaction uses one shard for all its items: separate shards would conflict more often (benchmarks/contention.py).

DynamoDB refuses a sum that needs more than 38 digits: 1e50 + 1 fails, and so does 1e12 + 0.1234567890123456 after some
more additions. So a float is added to the counter of its magnitude, `<name>@<decade>`. A counter's digits are 17 for
the float, DECADE for the magnitude, and the rest for the sum. Readers add the magnitudes up.
"""

import math
import random
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from fairlead.drift.counters import Number

PAGE = 100
SHARDS = 8
DECADE = 12
"""Powers of ten that share a counter: 17 + 12 digits leave 9 for sums, that is 10^9 additions."""
SMALLEST = 1e-108
"""Smaller amounts count as 0: DynamoDB's smallest number is 1e-130, and a float needs 17 digits above it."""

Counts = Mapping[str, Number]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts to add to one item; `prefix` is its sort key without the shard."""

    pk: str
    prefix: str
    counts: dict[str, Number]

    def update(self, table: str, shard: int, *, expires: int) -> dict[str, Any]:
        """Return the DynamoDB update of one shard; `expires` is in seconds since 1970."""
        names = list(self.counts)
        added = ", ".join(f"#{place} :{place}" for place in range(len(names)))
        return {
            "TableName": table,
            "Key": {"pk": {"S": self.pk}, "sk": {"S": f"{self.prefix}#{shard}"}},
            "UpdateExpression": f"SET expires = :e ADD {added}",
            "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate(names)},
            "ExpressionAttributeValues": {
                ":e": {"N": str(expires)},
                **{f":{place}": {"N": _number_text(self.counts[name])} for place, name in enumerate(names)},
            },
        }


def pages(pk: str, slot: int, kind: Literal["T", "Q"], group: str, counts: Counts) -> list[Page]:
    """Split counters into items; zeros are left out. Readers add up all items, so the split does not matter."""
    counted = [(_named(name, amount), amount) for name, amount in counts.items() if abs(amount) >= SMALLEST]
    return [
        Page(pk=pk, prefix=f"{slot:010d}#{kind}#{group}#{start // PAGE}", counts=dict(counted[start : start + PAGE]))
        for start in range(0, len(counted), PAGE)
    ]


def any_shard() -> int:
    """Return a random shard; each attempt takes another."""
    return random.randrange(SHARDS)  # noqa: S311 - spreads load, keeps no secret


def read(item: Mapping[str, Any]) -> dict[str, Number]:
    """Return an item's counters, with magnitudes added up."""
    found: dict[str, Number] = {}
    for name, value in item.items():
        if name not in {"pk", "sk", "expires"}:
            counter = name.partition("@")[0]
            found[counter] = found.get(counter, 0) + _number(value["N"])
    return found


def _named(name: str, amount: Number) -> str:
    """Return the counter's name for an amount: integers share one counter, floats have one per magnitude."""
    return f"{name}@{math.floor(math.log10(abs(amount)) / DECADE)}" if isinstance(amount, float) else name


def _number_text(amount: Number) -> str:
    """Return a number in DynamoDB's format."""
    return format(amount, ".17g") if isinstance(amount, float) else str(amount)


def _number(text: str) -> Number:
    return float(text) if any(mark in text for mark in ".eE") else int(text)
