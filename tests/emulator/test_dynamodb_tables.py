"""Transactions and queries in work that grows with their own items, not with the table."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead_local.dynamodb.tables import patch_tables
from tests.emulator.moto_dynamodb import python_calls, table


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    patch_tables()
    with table() as client:
        yield client


def transact(dynamodb: Any, parts: int) -> None:
    """Add 1 to a counter of each of so many items."""
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "t",
                    "Key": {"pk": {"S": f"item {n}"}},
                    "UpdateExpression": "ADD c :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
            for n in range(parts)
        ]
    )


def test_each_part_is_done_once(dynamodb: Any) -> None:
    transact(dynamodb, 20)
    transact(dynamodb, 10)
    items = dynamodb.scan(TableName="t")["Items"]
    assert {one["pk"]["S"]: one["c"]["N"] for one in items} == {f"item {n}": "2" if n < 10 else "1" for n in range(20)}


def test_work_grows_with_the_parts_of_a_transaction(dynamodb: Any) -> None:
    few, many = python_calls(lambda: transact(dynamodb, 20)), python_calls(lambda: transact(dynamodb, 80))
    assert many < 5 * few  # 4 times the parts; copies of all items for each part make it 8 times the calls


def test_a_transaction_costs_the_same_in_a_large_table(dynamodb: Any) -> None:
    few = python_calls(lambda: transact(dynamodb, 5))
    for _ in range(2):
        transact(dynamodb, 90)
    assert python_calls(lambda: transact(dynamodb, 5)) < 1.2 * few
