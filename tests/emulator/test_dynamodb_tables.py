"""Transactions and queries in work that grows with their own items, not with the table; updates whole or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.dynamodb.tables import patch_tables
from tests.emulator.moto_dynamodb import python_calls, table

KEY = {"pk": {"S": "one"}}


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


def kept(dynamodb: Any) -> Any:
    return dynamodb.get_item(TableName="t", Key=KEY).get("Item")


def update(dynamodb: Any, expression: str, **named: Any) -> Any:
    values = {":v": {"N": "2"}}
    return dynamodb.update_item(
        TableName="t", Key=KEY, UpdateExpression=expression, ExpressionAttributeValues=values, **named
    )


@pytest.mark.parametrize("expression", ["SET a = :v ADD l :v", "SET a = :v, l = l + :v", "SET a = :v, m.x.y = :v"])
def test_an_update_that_fails_changes_nothing(dynamodb: Any, expression: str) -> None:
    item = KEY | {"a": {"N": "1"}, "l": {"L": []}, "m": {"M": {}}}
    dynamodb.put_item(TableName="t", Item=item)
    with pytest.raises(ClientError, match="ValidationException"):
        update(dynamodb, expression)
    assert kept(dynamodb) == item


def test_an_update_that_fails_makes_no_item(dynamodb: Any) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.update_item(
            TableName="t", Key=KEY, UpdateExpression="ADD l :v", ExpressionAttributeValues={":v": {"L": []}}
        )
    assert kept(dynamodb) is None


@pytest.mark.parametrize(
    ("wanted", "answered"),
    [
        ("ALL_OLD", KEY | {"a": {"N": "1"}, "b": {"N": "1"}}),
        ("ALL_NEW", KEY | {"a": {"N": "2"}, "b": {"N": "1"}}),
        ("UPDATED_OLD", {"a": {"N": "1"}}),
        ("UPDATED_NEW", {"a": {"N": "2"}}),
    ],
)
def test_an_update_is_kept_and_answers_what_was_asked(dynamodb: Any, wanted: str, answered: Any) -> None:
    dynamodb.put_item(TableName="t", Item=KEY | {"a": {"N": "1"}, "b": {"N": "1"}})
    assert update(dynamodb, "SET a = :v", ReturnValues=wanted)["Attributes"] == answered
    assert kept(dynamodb) == KEY | {"a": {"N": "2"}, "b": {"N": "1"}}


def test_an_update_of_no_item_makes_it(dynamodb: Any) -> None:
    assert update(dynamodb, "SET a = :v", ReturnValues="ALL_NEW")["Attributes"] == KEY | {"a": {"N": "2"}}
    assert kept(dynamodb) == KEY | {"a": {"N": "2"}}
