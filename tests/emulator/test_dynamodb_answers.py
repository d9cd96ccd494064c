"""Answers of DynamoDB: every kind of value comes back as it was put, in work that is small for each attribute."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead_local.dynamodb.answers import patch_answers
from tests.emulator.moto_dynamodb import python_calls, table

KINDS: dict[str, dict[str, Any]] = {
    "text": {"S": "x"},
    "empty": {"S": ""},
    "number": {"N": "1.5"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "null": {"NULL": True},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a"]},
    "numbers": {"NS": ["1"]},
    "list": {"L": [{"N": "1"}, {"S": "a"}, {"L": []}]},
    "map": {"M": {"a": {"N": "1"}, "b": {"M": {}}}},
    "bytes in a list": {"L": [{"B": b"\x00\xff"}, {"SS": ["a"]}]},
    "bytes in a map": {"M": {"a": {"B": b"\x00\xff"}}},
}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    patch_answers()
    with table() as client:
        yield client


def put(dynamodb: Any, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    item = {"pk": {"S": name}, **attributes}
    dynamodb.put_item(TableName="t", Item=item)
    return item


def got(dynamodb: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = dynamodb.get_item(TableName="t", Key={"pk": {"S": name}})["Item"]
    return found


def test_every_kind_of_value_is_returned_as_stored(dynamodb: Any) -> None:
    item = put(dynamodb, "every", KINDS)
    assert got(dynamodb, "every") == item
    [found] = dynamodb.scan(TableName="t")["Items"]
    assert found == item


def test_an_attribute_takes_few_calls(dynamodb: Any) -> None:
    put(dynamodb, "few", {f"a{number}": {"N": "1"} for number in range(10)})
    put(dynamodb, "many", {f"a{number}": {"N": "1"} for number in range(110)})
    few, many = python_calls(lambda: got(dynamodb, "few")), python_calls(lambda: got(dynamodb, "many"))
    assert many - few < 100 * 60  # moto's own search makes it 300 for each
