"""Measures how often DynamoDB cancels transactions when many feedback functions update one hour's counters.

DynamoDB cancels a transaction that conflicts with another on any item
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling).
This table locks the items of a transaction while it runs, and cancels every other transaction on them. All
writers count the same caller's rows in the same quarter of an hour, on as many items as a wide model has.
"""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from unittest import mock

from botocore.exceptions import ClientError

from benchmarks.options import parser
from fairlead.drift.counters import Counters
from fairlead.feedback.ledger import Ledger, counter_items
from fairlead.telemetry.capture import Part

START = 1_795_435_200_000
COUNTERS = 350
"""Items of one group of callers in a quarter of an hour: four, as for thirty inputs with ten bins."""
LATENCY = 0.01
"""Seconds of one transaction."""
WRITERS = (2, 8, 24)
EACH = 20


class Met(NamedTuple):
    """The result for a number of writers: transactions, cancelled ones, deliveries that failed, seconds."""

    deliveries: int
    asked: int
    cancelled: int
    failed: int
    seconds: float

    def __str__(self) -> str:
        share = self.cancelled / self.asked
        return f"{self.deliveries / self.seconds:.0f} | {share:.0%} | {self.failed} of {self.deliveries}"


class Held:
    """A table that holds the items of a transaction while it runs."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._lock = threading.Lock()
        self._busy: set[tuple[str, str]] = set()
        self.asked = self.cancelled = 0
        self.counted: dict[str, int] = {}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        """Cancel a transaction if another holds one of its items, else run it."""
        keys = [_key(one) for one in TransactItems]
        with self._lock:
            self.asked += 1
            if self._busy & set(keys):
                self.cancelled += 1
                raise _cancelled([key in self._busy for key in keys])
            self._busy |= set(keys)
        time.sleep(self._latency * random.uniform(0.7, 1.5))  # noqa: S311 - jitter, not a secret
        with self._lock:
            self._busy -= set(keys)
            for one in TransactItems:
                self._count(one.get("Update", {}))

    def update_item(self, **_: Any) -> None:
        """Accept the item that names a version."""

    def _count(self, update: dict[str, Any]) -> None:
        for place, name in update.get("ExpressionAttributeNames", {}).items():
            added = int(update["ExpressionAttributeValues"][place.replace("#", ":")]["N"])
            self.counted[name] = self.counted.get(name, 0) + added


def _key(action: dict[str, Any]) -> tuple[str, str]:
    key = action["Update"]["Key"] if "Update" in action else action["Put"]["Item"]
    return key["pk"]["S"], key["sk"]["S"]


def _cancelled(busy: Sequence[bool]) -> ClientError:
    reasons = [{"Code": "TransactionConflict" if one else "None"} for one in busy]
    error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(error, "TransactWriteItems")


def measure(writers: int, *, shards: int = counter_items.SHARDS, each: int = EACH, latency: float = LATENCY) -> Met:
    """Let writers deliver `each` parts one after the other; returns their result."""
    table = Held(latency)

    def deliver(writer: int) -> int:
        ledger, failed = Ledger(table, "ledger"), 0
        for place in range(each):
            try:
                ledger.record_parts([_part(f"{writer}-{place}")], _tally)
            except Exception:  # noqa: BLE001 - counted, whatever it is
                failed += 1
        return failed

    started = time.monotonic()
    with mock.patch.object(counter_items, "SHARDS", shards), ThreadPoolExecutor(writers) as pool:
        failed = sum(pool.map(deliver, range(writers)))
    assert table.counted["n0"] == writers * each - failed, "each delivery is counted once"
    return Met(writers * each, table.asked, table.cancelled, failed, time.monotonic() - started)


def _part(request: str) -> Part:
    return Part(
        request=request, at=START, caller="c", model="m", version=1, digest="sha256:0", release="2", first=0, of=1,
        fields=("x",), rows=[[1.0]], labels=[0],
    )  # fmt: skip


def _tally(parts: Sequence[Part]) -> Counters:
    slot = START // 1000 // 900
    return Counters(clusters={f"{slot}_0": {f"n{place}": len(parts) for place in range(COUNTERS)}})


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how sharding changes what is cancelled."""
    asked = parser(__doc__).parse_args(arguments)
    writers_at_once, each = ((2,), 2) if asked.smallest else (WRITERS, EACH)
    print("| writers at once | shards | transactions/s | cancelled | failed |\n|--:|--:|--:|--:|--:|")
    for writers in writers_at_once:
        for shards in (1, counter_items.SHARDS):
            print(f"| {writers} | {shards} | {measure(writers, shards=shards, each=each)} |", flush=True)


if __name__ == "__main__":
    main()
