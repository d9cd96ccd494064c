"""Idempotent transactions: conditional writes together with the counters they add to, each once.

A write may have been done before, by an earlier delivery or a concurrent writer. DynamoDB then cancels the transaction
and names such writes. The rest is counted again and tried again.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from fairlead.aws import clients
from fairlead.errors import StorageError
from fairlead.feedback.ledger.counter_items import Page, any_shard

MOST_ACTIONS = 100
MOST_BYTES = 3_500_000
"""A transaction takes 100 actions and 4 MB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
ATTEMPTS = 10
DONE_BEFORE = "ConditionalCheckFailed"
PASSING = {"None", DONE_BEFORE, "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
"""Cancellation reasons after which a transaction can be tried again. A transaction that was cancelled without a reason
for each action is tried again as a whole: none of it was done, and no write is known to have been done before.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""

What = TypeVar("What")


class Write(NamedTuple, Generic[What]):
    """A conditional write: its subject (`what`), DynamoDB's action, and the action's approximate size in bytes."""

    what: What
    action: dict[str, Any]
    size: int


class Settling:
    """One table's transactions; `sleep` takes seconds."""

    def __init__(self, client: Any, table: str, *, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def settle(
        self, writes: Sequence[Write[What]], count: Callable[[Sequence[What]], Sequence[Page]], *, expires: int
    ) -> list[What]:
        """Make the writes that were not made before, and add the counters that `count` returns for them.

        Returns the subjects of those writes. `expires` is the counters' expiry (seconds since 1970). Raises
        StorageError if DynamoDB refuses a transaction; earlier transactions stay done and counted.
        """
        done: list[What] = []
        rest = list(writes)
        while rest:
            together, pages = _fitting(rest, count)
            done += self._together(together, pages, count, expires)
            rest = rest[len(together) :]
        return done

    def _together(
        self,
        writes: list[Write[What]],
        pages: Sequence[Page],
        count: Callable[[Sequence[What]], Sequence[Page]],
        expires: int,
    ) -> list[What]:
        for attempt in range(ATTEMPTS):
            if not writes:
                return []
            shard = any_shard()
            updates = [{"Update": page.update(self._table, shard, expires=expires)} for page in pages]
            reasons = self._transact([write.action for write in writes] + updates)
            if reasons is None:
                return [write.what for write in writes]
            if DONE_BEFORE in reasons:
                writes = [write for write, reason in zip(writes, reasons, strict=False) if reason != DONE_BEFORE]
                pages = count([write.what for write in writes])
            elif attempt + 1 < ATTEMPTS:  # a transaction conflict, or throttling
                self._sleep(0.02 * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret
        raise StorageError(
            f"the ledger {self._table} refused a transaction in {ATTEMPTS} attempts",
            hint="Lambda retries the delivery; a caller may send the request again",
        )

    def _transact(self, actions: list[dict[str, Any]]) -> list[str] | None:
        """Return each action's cancellation reason, an empty list if DynamoDB gave none; None if it was done."""
        from botocore.exceptions import ClientError

        with clients.translated(f"write to the ledger {self._table} (dynamodb:PutItem, UpdateItem)"):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                if clients.error_code(error) != "TransactionCanceledException":
                    raise
                answer: dict[str, Any] = error.response  # type: ignore[assignment]  # botocore's own type
                reasons = [str(reason.get("Code", "None")) for reason in answer.get("CancellationReasons", ())]
                if not set(reasons) <= PASSING:
                    raise
                return reasons if len(reasons) == len(actions) else []
        return None


def _fitting(
    writes: Sequence[Write[What]], count: Callable[[Sequence[What]], Sequence[Page]]
) -> tuple[list[Write[What]], Sequence[Page]]:
    """Return the first writes that fit into one transaction with their counters, and those counters."""
    size, fitting = 0, 0
    for write in writes[: MOST_ACTIONS - 1]:
        size += write.size
        if fitting and size > MOST_BYTES:
            break
        fitting += 1
    pages = count([write.what for write in writes[:fitting]])
    while fitting > 1 and fitting + len(pages) > MOST_ACTIONS:
        # Fewer writes have no more counters. Few counters: leave room for them; many: halve the writes.
        fitting = MOST_ACTIONS - len(pages) if len(pages) < MOST_ACTIONS // 2 else fitting // 2
        pages = count([write.what for write in writes[:fitting]])
    return list(writes[:fitting]), pages
