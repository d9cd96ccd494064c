"""Update expressions of many attributes: the same answers as moto's, in work that grows with their number."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.dynamodb.expressions import patch_expressions
from tests.emulator.moto_dynamodb import python_calls, table

KEY = {"pk": {"S": "counters"}}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    patch_expressions()
    with table() as client:
        yield client


def add(dynamodb: Any, attributes: int) -> None:
    """Set one attribute and add 1 to each of many."""
    dynamodb.update_item(
        TableName="t",
        Key=KEY,
        UpdateExpression="SET expires = :e ADD " + ", ".join(f"#{n} :{n}" for n in range(attributes)),
        ExpressionAttributeNames={f"#{n}": f"n{n}" for n in range(attributes)},
        ExpressionAttributeValues={":e": {"N": "9"}, **{f":{n}": {"N": "1"} for n in range(attributes)}},
    )


def update(dynamodb: Any, expression: str, **values: dict[str, Any]) -> Any:
    return dynamodb.update_item(
        TableName="t",
        Key=KEY,
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        ReturnValues="ALL_NEW",
    )["Attributes"]


def test_each_of_many_counters_is_added_once(dynamodb: Any) -> None:
    add(dynamodb, 150)
    add(dynamodb, 100)
    item = dynamodb.get_item(TableName="t", Key=KEY)["Item"]
    assert item == KEY | {"expires": {"N": "9"}} | {f"n{n}": {"N": "2" if n < 100 else "1"} for n in range(150)}


def test_work_grows_with_the_number_of_attributes(dynamodb: Any) -> None:
    few, many = python_calls(lambda: add(dynamodb, 25)), python_calls(lambda: add(dynamodb, 100))
    assert many < 5 * few  # 4 times the attributes; moto's own checks make it 7 times the calls


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SET a = :v, b = :v SET c = :v", "can only be used once"),
        ("ADD a :v, b :v ADD c :v", "can only be used once"),
        ("SET a = :v, b = :v, c = :v, a = :v", "Two document paths overlap"),
        ("SET a = :v ADD b :v, a :v", "Two document paths overlap"),
    ],
)
def test_clauses_and_paths_that_repeat_are_refused(dynamodb: Any, expression: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        update(dynamodb, expression, v={"N": "1"})
    assert "Item" not in dynamodb.get_item(TableName="t", Key=KEY)


def test_an_item_over_the_limit_is_refused_and_one_that_shrank_takes_more(dynamodb: Any) -> None:
    half = {"S": "x" * 250_000}
    update(dynamodb, "SET a = :v", v=half)
    with pytest.raises(ClientError, match="Item size"):
        update(dynamodb, "SET b = :v", v=half)
    for _ in range(3):
        update(dynamodb, "SET a = :v", v=half)
    dynamodb.update_item(TableName="t", Key=KEY, UpdateExpression="REMOVE a")
    assert set(update(dynamodb, "SET b = :v", v=half)) == {"pk", "b"}
