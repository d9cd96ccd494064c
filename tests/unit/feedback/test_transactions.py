"""Transactions of the ledger: as full as DynamoDB takes them, counters with what they count."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead.errors import StorageError
from fairlead.feedback.ledger.counter_items import PAGE, Page, pages
from fairlead.feedback.ledger.transactions import ATTEMPTS, MOST_ACTIONS, MOST_BYTES, Settling, Write


class Taking:
    """A client that takes every transaction and remembers how many writes and updates it had."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, int]] = []

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        kinds = [next(iter(item)) for item in TransactItems]
        self.taken.append((kinds.count("Put"), kinds.count("Update")))


def settle(count: int, counters: Any, *, size: int = 500) -> list[tuple[int, int]]:
    """Settle so many writes, with the counters that `counters` returns for some of them."""
    client = Taking()

    def paged(some: Sequence[int]) -> list[Page]:
        return [page for group, counts in counters(some).items() for page in pages("W", 1, "T", group, counts)]

    writes = [Write(number, {"Put": {}}, size) for number in range(count)]
    done = Settling(client, "ledger", sleep=lambda _: None).settle(writes, paged, expires=0)
    assert done == list(range(count))
    assert all(puts + updates <= MOST_ACTIONS for puts, updates in client.taken)
    return client.taken


def wide(counters: int) -> Any:
    return lambda some: {"0": dict.fromkeys(map(str, range(counters)), len(some))}


def test_a_transaction_takes_as_many_writes_as_its_counters_leave_room_for() -> None:
    assert settle(200, wide(1)) == [(99, 1), (99, 1), (2, 1)]
    assert settle(200, wide(3 * PAGE)) == [(97, 3), (97, 3), (6, 3)]


def test_writes_whose_counters_are_spread_widely_go_in_smaller_transactions() -> None:
    taken = settle(99, lambda some: {str(number): {"rows": 1} for number in some})
    assert sum(puts for puts, _ in taken) == 99
    assert all(puts == updates for puts, updates in taken)
    assert len(taken) <= 3


def test_large_writes_are_bounded_by_their_bytes() -> None:
    assert settle(5, wide(1), size=MOST_BYTES // 2) == [(2, 1), (2, 1), (1, 1)]


@pytest.mark.parametrize("size", [MOST_BYTES, MOST_BYTES + 1])
def test_the_largest_write_goes_alone(size: int) -> None:
    assert settle(2, wide(1), size=size) == [(1, 1), (1, 1)]


def test_after_the_last_attempt_there_is_no_pause() -> None:
    """Lambda bills seconds of waiting, and the caller can retry as well."""
    reasons = [{"Code": "ThrottlingError"}]
    answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    tried: list[dict[str, Any]] = []
    waited: list[float] = []

    class Busy:
        """A client whose table takes nothing."""

        def transact_write_items(self, **parameters: Any) -> None:
            tried.append(parameters)
            raise ClientError(answer, "TransactWriteItems")

    with pytest.raises(StorageError, match="refused a transaction"):
        Settling(Busy(), "ledger", sleep=waited.append).settle([Write(1, {"Put": {}}, 500)], lambda _: [], expires=0)
    assert (len(tried), len(waited)) == (ATTEMPTS, ATTEMPTS - 1)
    assert waited[0] < 0.1 < waited[-1]


@pytest.mark.parametrize("reasons", [{}, {"CancellationReasons": []}, {"CancellationReasons": [{"Code": "None"}]}])
def test_a_cancelled_transaction_without_reasons_is_tried_again_and_never_success(reasons: dict[str, Any]) -> None:
    """AWS leaves the reasons out of some answers; nothing of such a transaction was done."""
    cancelled: Any = {"Error": {"Code": "TransactionCanceledException"}, **reasons}
    tried: list[int] = []

    class Cancelling:
        """A client that cancels so many transactions without saying why."""

        def __init__(self, times: int) -> None:
            self._left = times

        def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
            tried.append(len(TransactItems))
            self._left -= 1
            if self._left >= 0:
                raise ClientError(cancelled, "TransactWriteItems")

    writes = [Write(number, {"Put": {}}, 500) for number in range(3)]
    done = Settling(Cancelling(2), "ledger", sleep=lambda _: None).settle(writes, lambda _: [], expires=0)
    assert (done, tried) == ([0, 1, 2], [3, 3, 3])
    with pytest.raises(StorageError, match="refused a transaction"):
        Settling(Cancelling(99), "ledger", sleep=lambda _: None).settle(writes, lambda _: [], expires=0)
