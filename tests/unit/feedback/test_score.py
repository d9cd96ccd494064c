"""The ledger's calls for captured parts grow with their number, and no faster."""

from typing import Any

import pytest

from fairlead.feedback.ledger import Ledger
from fairlead.feedback.score import Scorer, Taken
from fairlead.feedback.versions import KnownVersion, VersionName
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry.capture import Part

NOON = 1_795_435_200_000
DELIVERY = 500


class Counting:
    """A DynamoDB that takes everything, knows nothing, and counts."""

    def __init__(self) -> None:
        self.transactions: list[list[dict[str, Any]]] = []
        self.queries = 0
        self.puts = 0

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        self.transactions.append(TransactItems)

    def update_item(self, **_: Any) -> None:
        self.puts += 1

    def get_paginator(self, _: str) -> "Counting":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        self.queries += 1
        return [{"Items": []}]


class Versions:
    """A registry of one version, whatever it is called."""

    def __init__(self) -> None:
        output = Output(task="regression")
        inputs = (Field(name="x", kind="number"),)
        self._version = KnownVersion(Signature(inputs=inputs, output=output, layout="frame"), None)

    def of(self, name: VersionName) -> KnownVersion:  # noqa: ARG002 - there is but one
        return self._version


def part(number: int, *, caller: str = "c", **changes: Any) -> Part:
    """A request of one row."""
    facts: dict[str, Any] = {
        "request": f"r{number}", "at": NOON + number, "model": "m", "version": 1, "release": "2", "digest": "sha256:0",
        "caller": caller, "first": 0, "of": 1, "fields": ("x",), "rows": [[1.0]], "values": [2.0],
    }  # fmt: skip
    return Part(**facts | changes)


def take(parts: list[Part]) -> tuple[Counting, list[Taken]]:
    """Process parts in deliveries, as one process does."""
    client = Counting()
    scorer = Scorer(Ledger(client, "ledger"), Versions())  # type: ignore[arg-type]  # as much of a registry as is asked
    batches = [parts[first : first + DELIVERY] for first in range(0, len(parts), DELIVERY)]
    return client, [scorer.take(batch) for batch in batches]


@pytest.mark.parametrize("callers", [1, 40])
def test_the_work_grows_with_the_number_of_parts_and_no_faster(callers: int) -> None:
    few, many = (take([part(n, caller=f"c{n % callers}") for n in range(count)])[0] for count in (500, 5_000))
    assert len(many.transactions) <= 10 * len(few.transactions)
    assert (few.queries, many.queries) == (500, 5_000)
    assert many.puts == 1  # each quarter of an hour is logged once


def test_parts_of_one_caller_share_their_counters_however_they_are_mixed() -> None:
    client, [taken] = take([part(n, caller=f"c{n % 40}") for n in range(DELIVERY)])
    assert taken.captured == DELIVERY
    updates = sum("Update" in item for transaction in client.transactions for item in transaction)
    assert updates <= 40 + len(client.transactions)


def test_part_that_is_twice_in_one_delivery_is_written_once() -> None:
    client, [taken] = take([part(1), part(2), part(1)])
    assert (taken.captured, taken.duplicates) == (2, 1)
    assert sum("Put" in item for transaction in client.transactions for item in transaction) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fields": ("y",)}, "fields that are not in the version's signature"),
        ({"fields": ("x", "x"), "rows": [[1.0, 2.0]]}, "fields that are not in the version's signature"),
        ({"values": None}, "do not match the version's targets"),
        ({"values": [[1.0]]}, "do not match the version's targets"),
    ],
)
def test_part_that_does_not_fit_its_version_is_refused_by_its_place_and_the_rest_is_accepted(
    changes: dict[str, Any], why: str
) -> None:
    _, [taken] = take([part(1), part(2, **changes), part(3)])
    assert list(taken.refused) == [1]
    assert why in taken.refused[1]
    assert taken.captured == 2


def test_a_row_that_was_too_large_to_capture_counts_as_a_row_of_which_nothing_is_known() -> None:
    output = Output(task="regression")
    inputs = (Field(name="x", kind="number"),)
    known = KnownVersion(Signature(inputs=inputs, output=output, layout="frame"), None)
    [counts] = known.traffic([part(1, rows=[None], of=1)]).clusters.values()
    assert counts == {"requests": 1, "rows": 1}
