"""DynamoDB: concurrent writes, transactions, throttling on demand, expiry and permissions."""

import json
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud

Item = dict[str, dict[str, str]]


@pytest.fixture
def dynamodb(cloud: LocalCloud) -> Any:
    return Clients(cloud.endpoint_url, access_key=cloud.admin.access_key_id, secret_key=cloud.admin.secret_access_key)[
        "dynamodb"
    ]  # does not try again


@pytest.fixture
def table(dynamodb: Any, new_name: str) -> str:
    """Two keys, and an index over `slot`."""
    dynamodb.create_table(
        TableName=new_name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "slot")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "slots", "Projection": {"ProjectionType": "KEYS_ONLY"},
            "KeySchema": [{"AttributeName": "slot", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}],
        }],
    )  # fmt: skip
    return new_name


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def once(table: str, pk: str, sk: str, **more: str) -> dict[str, Any]:
    """A part of a transaction: put unless it is there."""
    item = key(pk, sk) | {name: {"S": value} for name, value in more.items()}
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def add(table: str, pk: str, sk: str, number: int = 1) -> dict[str, Any]:
    return {"TableName": table, "Key": key(pk, sk), "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": str(number)}}}  # fmt: skip


def everything(dynamodb: Any, table: str) -> list[Item]:
    items: list[Item] = dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(items, key=lambda item: [item[name]["S"] for name in sorted(item) if "S" in item[name]])


def refused(work: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        work(**parameters)
    answer: dict[str, Any] = dict(caught.value.response)
    return answer


def test_concurrent_writes_meet_a_condition_once_and_lose_no_addition(dynamodb: Any, table: str) -> None:
    def put(number: int) -> bool:
        try:
            dynamodb.transact_write_items(
                TransactItems=[once(table, f"p{number % 20}", "x"), {"Update": add(table, "count", "all")}]
            )
        except dynamodb.exceptions.TransactionCanceledException:
            dynamodb.update_item(**add(table, "lost", "all"))
            return False
        return True

    with ThreadPoolExecutor(8) as workers:
        won = sum(workers.map(put, range(160)))

    counts = {item["pk"]["S"]: item["n"]["N"] for item in everything(dynamodb, table) if "n" in item}
    assert won == 20
    assert counts == {"count": "20", "lost": "140"}


def test_cancelled_transaction_changes_nothing_and_has_reasons(dynamodb: Any, table: str) -> None:
    for sk in ("kept", "changed", "deleted"):
        dynamodb.put_item(TableName=table, Item=key("p", sk) | {"n": {"N": "1"}})
    before = everything(dynamodb, table)

    answer = refused(dynamodb.transact_write_items, TransactItems=[
        {"Update": add(table, "p", "changed")},
        {"Delete": {"TableName": table, "Key": key("p", "deleted")}},
        once(table, "p", "new"),
        once(table, "p", "kept"),
    ])  # fmt: skip

    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert [one["Code"] for one in answer["CancellationReasons"]] == ["None", "None", "None", "ConditionalCheckFailed"]
    assert everything(dynamodb, table) == before


def test_transaction_applies_all_parts(dynamodb: Any, table: str) -> None:
    for sk in ("kept", "changed", "deleted"):
        dynamodb.put_item(TableName=table, Item=key("p", sk) | {"n": {"N": "1"}})

    dynamodb.transact_write_items(TransactItems=[
        {"Update": add(table, "p", "changed", 2)},
        {"Delete": {"TableName": table, "Key": key("p", "deleted")}},
        once(table, "p", "new"),
        {"ConditionCheck": {
            "TableName": table, "Key": key("p", "kept"), "ConditionExpression": "attribute_exists(pk)",
        }},
    ])  # fmt: skip

    assert everything(dynamodb, table) == [
        key("p", "changed") | {"n": {"N": "3"}}, key("p", "kept") | {"n": {"N": "1"}}, key("p", "new"),
    ]  # fmt: skip


def test_transactions_over_a_table_with_one_key(dynamodb: Any, new_name: str) -> None:
    dynamodb.create_table(
        TableName=new_name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    put = {
        "Put": {"TableName": new_name, "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    }
    dynamodb.transact_write_items(TransactItems=[put])
    other = {"Put": {"TableName": new_name, "Item": {"pk": {"S": "b"}}}}

    assert refused(dynamodb.transact_write_items, TransactItems=[other, put])["Error"]["Code"].startswith("Transaction")
    assert everything(dynamodb, new_name) == [{"pk": {"S": "a"}}]
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": new_name, "Key": {"pk": {"S": "a"}}}}])
    assert everything(dynamodb, new_name) == []


def test_query_returns_matching_items_in_order_and_pages(dynamodb: Any, table: str) -> None:
    for pk in ("a", "b"):
        for number in range(5):
            dynamodb.put_item(TableName=table, Item=key(pk, f"s{number}") | {"slot": {"S": f"t{number % 2}"}})
    dynamodb.put_item(TableName=table, Item=key("a", "without a slot"))

    def found(limit: int = 100, **parameters: Any) -> list[str]:
        pages = dynamodb.get_paginator("query").paginate(
            TableName=table, PaginationConfig={"PageSize": limit}, **parameters
        )
        return [item["pk"]["S"] + item["sk"]["S"][1:] for page in pages for item in page["Items"]]

    one: dict[str, Any] = {"KeyConditionExpression": "pk = :p AND begins_with(sk, :s)",
           "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"S": "s"}}}  # fmt: skip
    slot: dict[str, Any] = {
        "IndexName": "slots",
        "KeyConditionExpression": "slot = :s",
        "ExpressionAttributeValues": {":s": {"S": "t1"}},
    }
    assert found(**one) == found(2, **one) == ["a0", "a1", "a2", "a3", "a4"]
    assert found(**one, ScanIndexForward=False) == ["a4", "a3", "a2", "a1", "a0"]
    assert sorted(found(**slot)) == ["a1", "a3", "b1", "b3"]
    assert found(KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "none"}}) == []


def test_given_number_of_writes_is_throttled_but_no_reads(cloud: LocalCloud, dynamodb: Any, table: str) -> None:
    with cloud.faults(writes=3):
        put = {"TableName": table, "Item": key("p", "x")}
        answers = [
            refused(dynamodb.put_item, **put),
            refused(dynamodb.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": key("p", "y")}}]}),
        ]
        parts = [once(table, "p", "1"), once(table, "p", "2")]
        cancelled = refused(dynamodb.transact_write_items, TransactItems=parts)
        assert everything(dynamodb, table) == []
        dynamodb.put_item(**put)

    assert {answer["Error"]["Code"] for answer in answers} == {"ProvisionedThroughputExceededException"}
    assert cancelled["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in cancelled["CancellationReasons"]] == ["ThrottlingError", "None"]


def test_all_writes_are_throttled_until_the_block_ends(cloud: LocalCloud, dynamodb: Any, table: str) -> None:
    with cloud.faults(writes=-1):
        for _ in range(5):
            refused(dynamodb.update_item, **add(table, "p", "x"))
    dynamodb.update_item(**add(table, "p", "x"))

    assert len(everything(dynamodb, table)) == 1


def test_unknown_fault_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="unknown fault"), cloud.faults(functions={"f": "explode"}):  # type: ignore[dict-item]
        pass


def test_expired_items_are_deleted(cloud: LocalCloud, dynamodb: Any, table: str) -> None:
    now = int(cloud.now())
    for sk, expires in (("soon", now + 60), ("late", now + 90_000)):
        dynamodb.put_item(TableName=table, Item=key("p", sk) | {"expires": {"N": str(expires)}})
    dynamodb.put_item(TableName=table, Item=key("p", "never"))
    cloud.advance(7300)
    assert len(everything(dynamodb, table)) == 3, "not before it is switched on"

    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    cloud.advance(3700)
    assert [item["sk"]["S"] for item in everything(dynamodb, table)] == ["late", "never"]


@pytest.mark.parametrize(
    ("actions", "where", "allowed"),
    [
        (["PutItem", "ConditionCheckItem"], "", True),
        (["PutItem"], "", False),
        (["TransactWriteItems", "ConditionCheckItem"], "", False),
        (["PutItem", "ConditionCheckItem"], "x", False),
    ],
)
def test_transaction_requires_the_rights_of_its_parts(
    cloud: LocalCloud, table: str, actions: Sequence[str], where: str, allowed: bool
) -> None:
    mine = user(cloud, actions, f"table/{table}{where}")["dynamodb"]
    check = {"TableName": table, "Key": key("p", "none"), "ConditionExpression": "attribute_not_exists(pk)"}
    items = [once(table, "p", "x"), {"ConditionCheck": check}]

    if allowed:
        mine.transact_write_items(TransactItems=items)
    else:
        assert refused(mine.transact_write_items, TransactItems=items)["Error"]["Code"] == "AccessDeniedException"


def test_index_requires_a_right_of_its_own(cloud: LocalCloud, table: str) -> None:
    parameters = {"KeyConditionExpression": "slot = :s", "ExpressionAttributeValues": {":s": {"S": "t1"}}}
    only_table, only_index = (
        user(cloud, ["Query"], resource)["dynamodb"] for resource in (f"table/{table}", f"table/{table}/index/*")
    )

    assert only_index.query(TableName=table, IndexName="slots", **parameters)["Items"] == []
    refusal = refused(only_table.query, TableName=table, IndexName="slots", **parameters)
    assert refusal["Error"]["Code"] == "AccessDeniedException"
    assert f"table/{table}/index/slots" in refusal["Error"]["Message"]


def user(cloud: LocalCloud, actions: Sequence[str], resource: str) -> Clients:
    name = f"u-{uuid.uuid4().hex}"
    keys = cloud.add_user(name)
    statement = {"Effect": "Allow", "Action": [f"dynamodb:{action}" for action in actions],
                 "Resource": f"arn:aws:dynamodb:us-east-1:123456789012:{resource}"}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    return Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key)
