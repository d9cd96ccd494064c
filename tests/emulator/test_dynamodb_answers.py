"""Answers of DynamoDB: every kind of value comes back as it was put, in work that is small for each attribute."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fairlead_local.dynamodb.answers import patch_answers

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
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    patch_answers()
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="t", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )  # fmt: skip
        yield client


def put(dynamodb: Any, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    item = {"pk": {"S": name}, **attributes}
    dynamodb.put_item(TableName="t", Item=item)
    return item


def got(dynamodb: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = dynamodb.get_item(TableName="t", Key={"pk": {"S": name}})["Item"]
    return found


def calls(dynamodb: Any, name: str) -> int:
    """Return the number of Python calls that a read makes, the client's too."""
    count = 0

    def counted(_: FrameType, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    got(dynamodb, name)
    sys.setprofile(counted)
    try:
        got(dynamodb, name)
    finally:
        sys.setprofile(None)
    return count


def test_every_kind_of_value_is_returned_as_stored(dynamodb: Any) -> None:
    item = put(dynamodb, "every", KINDS)
    assert got(dynamodb, "every") == item
    [found] = dynamodb.scan(TableName="t")["Items"]
    assert found == item


def test_an_attribute_takes_few_calls(dynamodb: Any) -> None:
    put(dynamodb, "few", {f"a{number}": {"N": "1"} for number in range(10)})
    put(dynamodb, "many", {f"a{number}": {"N": "1"} for number in range(110)})
    assert calls(dynamodb, "many") - calls(dynamodb, "few") < 100 * 60  # moto's own search makes it 300 for each
