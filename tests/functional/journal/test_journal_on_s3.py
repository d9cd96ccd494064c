"""The journal on moto's S3, over HTTP: conditional puts, many writers, a bucket that remembers."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from fairlead.aws.s3 import S3Objects
from fairlead.errors import StorageError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from tests.functional.conftest import Store
from tests.journals import ADA, STACK, key_of, moved


@pytest.fixture
def client(store: Store) -> Any:
    """The store's client; the bucket keeps every version, as the template's does."""
    bucket = store.env["FAIRLEAD_BUCKET"]
    store.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return store.client


@pytest.fixture
def bucket(store: Store) -> str:
    return store.env["FAIRLEAD_BUCKET"]


@pytest.fixture
def kept(client: Any, bucket: str) -> Journal:
    made = Journal(S3Objects(client, bucket), STACK)
    for number in range(1, 4):
        made.append(moved(number, number + 1))
    return made


def fresh(store: Store) -> Journal:
    """A journal with a client of its own, as another process has."""
    client: Any = boto3.client(
        "s3", endpoint_url=store.env["AWS_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    return Journal(S3Objects(client, store.env["FAIRLEAD_BUCKET"]), STACK)


def test_many_writers_make_one_chain_with_each_key_once(store: Store) -> None:
    journals = [fresh(store) for _ in range(6)]
    start = threading.Barrier(len(journals))
    failed: list[BaseException] = []

    def write(number: int, mine: Journal) -> None:
        start.wait()
        try:
            for step in range(5):
                mine.append(Draft(kind="decided", by=ADA, key=f"shared-{step}"))
                mine.append(Draft(kind="decided", by=ADA, key=f"own-{number}-{step}"))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in enumerate(journals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    written = Counter(record.key for record in fresh(store).records())
    assert set(written.values()) == {1}
    assert len(written) == 5 + 6 * 5
    assert fresh(store).last() == 35
    assert fresh(store).verify() == []


def test_second_append_lists_only_newer_records(client: Any, kept: Journal) -> None:
    requests: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: requests.append(dict(params))
    )

    kept.append(moved(4, 5))

    assert [one.get("StartAfter") for one in requests] == [key_of(2)]  # where the listing before it ended


Tamper = Callable[[Any, str], object]


def overwrite(number: int) -> Tamper:
    def tamper(client: Any, bucket: str) -> None:
        data = client.get_object(Bucket=bucket, Key=key_of(number))["Body"].read()
        client.put_object(Bucket=bucket, Key=key_of(number), Body=data.replace(b"ada", b"eve"))

    return tamper


def delete(number: int) -> Tamper:
    return lambda client, bucket: client.delete_object(Bucket=bucket, Key=key_of(number))


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (overwrite(2), "record 2 or record 3 was changed"),
        (overwrite(2), "record 2 was overwritten or deleted"),
        (overwrite(3), "record 3 was overwritten or deleted"),
        (delete(2), "record 2 is missing"),
        (delete(3), "record 3 was overwritten or deleted"),
    ],
    ids=["edited", "edited, by the bucket", "the newest edited", "deleted", "the newest deleted"],
)
def test_tampering_is_named_also_where_the_chain_cannot_see_it(
    client: Any, bucket: str, kept: Journal, tamper: Tamper, words: str
) -> None:
    assert kept.verify() == []

    tamper(client, bucket)

    assert [problem for problem in kept.verify() if problem.startswith(words)], kept.verify()


def test_verify_without_the_right_to_list_versions_names_the_unverified_part(
    client: Any, kept: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: object, prefix: str) -> list[str]:
        raise StorageError("could not list versions: AccessDenied")

    monkeypatch.setattr(S3Objects, "rewritten", refused)

    unknown = "it is unknown whether a record was overwritten or deleted: could not list versions: AccessDenied"
    assert kept.verify() == [unknown, f"retrain: {unknown}"]
