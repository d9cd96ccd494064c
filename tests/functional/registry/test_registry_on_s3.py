"""The registry on S3: moto where it is strict enough, botocore's stubber for the answers moto never gives."""

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber
from moto import mock_aws
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from fairlead.aws.clients import client
from fairlead.aws.s3 import CONFLICT_ATTEMPTS, S3Objects
from fairlead.errors import IntegrityError, NotFoundError, SettingsError, StorageError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.manifest import Parent
from fairlead.registry.store import Registry
from tests.manifests import build

BUCKET = "registry"
pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        made = client("s3")
        made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield made


@pytest.fixture
def serial_s3() -> Iterator[str]:
    """moto behind HTTP, one request at a time: it looks and writes in two steps, so only this makes its 412 atomic."""
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    config = {"LocationConstraint": "eu-west-1"}
    with mock_aws():  # for its reset; the server shares the state of this process
        pass
    remote(url).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=config)
    yield url
    server.shutdown()
    thread.join()


def remote(url: str) -> Any:
    """A client of its own for each process."""
    return boto3.client("s3", endpoint_url=url, config=Config(retries={"total_max_attempts": 2}))


def stubbed() -> tuple[S3Objects, Stubber, list[float]]:
    """Objects over a stubbed client, and the pauses they would have made."""
    made, pauses = client("s3"), list[float]()
    return S3Objects(made, BUCKET, sleep=pauses.append), Stubber(made), pauses


def refuse(stub: Stubber, operation: str, code: str, status: int) -> None:
    stub.add_client_error(operation, service_error_code=code, service_message="No.", http_status_code=status)


def test_an_object_is_created_once_and_never_overwritten(s3: Any) -> None:
    objects = S3Objects(s3, BUCKET)

    assert objects.put_new("a/key", b"first") is True
    assert objects.put_new("a/key", b"second") is False
    assert objects.get("a/key") == b"first"


def test_listing_continues_after_the_first_thousand_keys(s3: Any) -> None:
    objects = S3Objects(s3, BUCKET)
    for number in range(1003):
        s3.put_object(Bucket=BUCKET, Key=f"many/{number:04}", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="other", Body=b"")

    assert list(objects.keys("many/")) == [f"many/{number:04}" for number in range(1003)]


def test_a_huge_object_in_the_way_is_not_read_into_memory(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.aws.s3.MOST_JSON", 100_000)
    monkeypatch.setattr("fairlead.aws.s3.MOST_RECORD", 10_000)
    objects = S3Objects(s3, BUCKET)
    registry, journal = Registry(objects), Journal(objects, "fairlead")
    registry.commit("churn", build)
    journal.append(Draft(kind="decided", by="ada"))
    for key in ("models/churn/versions/2.json", "journal/fairlead/moves/00000002.json", "blobs/sha256/big"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b" " * (10_001 if "journal" in key else 100_001))

    with pytest.raises(IntegrityError, match="has 100,001 bytes"):
        registry.manifest("churn", 2)
    with pytest.raises(IntegrityError, match="has 10,001 bytes"):
        objects.get("journal/fairlead/moves/00000002.json")
    assert registry.commit("churn", build)[0].version == 3
    assert journal.append(Draft(kind="decided", by="ada")).number == 3
    assert len(objects.get("blobs/sha256/big")) == 100_001


def test_a_registry_on_s3_publishes_and_reads_back(s3: Any) -> None:
    registry = Registry(S3Objects(s3, BUCKET))
    blob = registry.put_blob(b"model")

    first = registry.commit("churn", build)
    second, _ = registry.commit("churn", build)

    assert registry.blob(blob) == b"model"
    assert registry.manifest("churn", 1) == first
    assert second.parent == Parent(version=1, sha256=first[1])
    assert registry.models() == ["churn"]


def test_an_upload_carries_the_digest_for_s3_to_check() -> None:
    objects, stub, _ = stubbed()
    sha256_of_empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    expected = {"Bucket": BUCKET, "Key": "k", "Body": b"", "IfNoneMatch": "*", "ChecksumSHA256": sha256_of_empty}
    stub.add_response("put_object", {}, expected)

    with stub:
        assert objects.put_new("k", b"") is True


def test_a_conflicting_write_is_tried_again_until_it_is_decided() -> None:
    objects, stub, pauses = stubbed()
    refuse(stub, "put_object", "ConditionalRequestConflict", 409)
    refuse(stub, "put_object", "ConditionalRequestConflict", 409)
    stub.add_response(
        "put_object", {}, {"Bucket": ANY, "Key": "k", "Body": ANY, "IfNoneMatch": "*", "ChecksumSHA256": ANY}
    )

    with stub:
        assert objects.put_new("k", b"x") is True
    stub.assert_no_pending_responses()
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


def test_a_conflict_that_the_other_writer_wins_says_that_it_exists() -> None:
    objects, stub, _ = stubbed()
    refuse(stub, "put_object", "ConditionalRequestConflict", 409)
    refuse(stub, "put_object", "PreconditionFailed", 412)

    with stub:
        assert objects.put_new("k", b"x") is False


def test_conflicts_without_end_are_an_error_after_bounded_attempts() -> None:
    objects, stub, pauses = stubbed()
    for _ in range(CONFLICT_ATTEMPTS):
        refuse(stub, "put_object", "ConditionalRequestConflict", 409)

    with stub, pytest.raises(StorageError, match="ConditionalRequestConflict"):
        objects.put_new("k", b"x")
    stub.assert_no_pending_responses()
    assert sum(pauses) < 5


@pytest.mark.parametrize(
    ("operation", "call", "action"),
    [
        ("get_object", lambda objects: objects.get("a/key"), "s3:GetObject"),
        ("put_object", lambda objects: objects.put_new("a/key", b""), "s3:PutObject"),
        ("list_objects_v2", lambda objects: list(objects.keys("a/key")), "s3:ListBucket"),
    ],
)
def test_a_refused_call_names_the_permission_and_the_key(operation: str, call: Any, action: str) -> None:
    objects, stub, _ = stubbed()
    refuse(stub, operation, "AccessDenied", 403)

    with stub, pytest.raises(StorageError) as caught:
        call(objects)
    assert action in str(caught.value)
    assert f"s3://{BUCKET}/a/key" in str(caught.value)
    assert "PublisherPolicyArn" in caught.value.hint


def test_a_missing_key_is_not_found_and_a_missing_bucket_is_a_wrong_setting(s3: Any) -> None:
    with pytest.raises(NotFoundError, match="no/such/key"):
        S3Objects(s3, BUCKET).get("no/such/key")
    with pytest.raises(SettingsError, match="elsewhere") as caught:
        list(S3Objects(s3, "elsewhere").keys(""))
    assert "FAIRLEAD_BUCKET" in caught.value.hint


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_credentials_that_no_longer_work_are_named_as_the_cause(code: str) -> None:
    objects, stub, _ = stubbed()
    refuse(stub, "get_object", code, 403)

    with stub, pytest.raises(SettingsError, match=code) as caught:
        objects.get("k")
    assert "aws sts get-caller-identity" in caught.value.hint


def test_no_credentials_at_all_say_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(SettingsError, match="credentials") as caught:
        S3Objects(client("s3"), BUCKET).get("k")
    assert "aws configure" in caught.value.hint


def test_no_region_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(SettingsError) as caught:
        client("cloudformation")
    assert "AWS_DEFAULT_REGION" in caught.value.hint


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:9") as caught:
        S3Objects(remote("http://127.0.0.1:9"), BUCKET, sleep=lambda _: None).get("k")
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def _publish_three(url: str, who: int) -> None:
    registry = Registry(S3Objects(remote(url), BUCKET))
    for turn in range(3):
        registry.put_blob(f"model {turn}".encode())
        registry.commit("churn", partial(build, by=f"{who}/{turn}"))


def test_processes_publishing_at_once_get_distinct_versions_in_one_chain(serial_s3: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_publish_three, args=(serial_s3, who)) for who in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0]
    registry = Registry(S3Objects(remote(serial_s3), BUCKET))
    manifests = [registry.manifest("churn", version) for version in registry.versions("churn")]
    assert [manifest.version for manifest, _ in manifests] == list(range(1, 10))
    assert len({manifest.created_by for manifest, _ in manifests}) == 9
    for (_, sha256), (child, _) in itertools.pairwise(manifests):
        assert child.parent == Parent(version=child.version - 1, sha256=sha256)


class KilledBefore(S3Objects):
    """Objects whose process gets SIGKILL instead of writing a key under this prefix."""

    prefix = ""

    def put_new(self, key: str, data: bytes) -> bool:
        if key.startswith(self.prefix):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().put_new(key, data)


def _publish_and_die(url: str, prefix: str) -> None:
    objects = KilledBefore(remote(url), BUCKET)
    objects.prefix = prefix
    registry = Registry(objects)
    registry.put_blob(b"model")
    registry.commit("churn", build)


@pytest.mark.parametrize("prefix", ["blobs/", "models/"])
def test_a_killed_publisher_leaves_no_version_and_does_not_stop_the_next(serial_s3: str, prefix: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_publish_and_die, args=(serial_s3, prefix))
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    registry = Registry(S3Objects(remote(serial_s3), BUCKET))
    assert registry.versions("churn") == []
    registry.put_blob(b"model")
    assert registry.commit("churn", build)[0].version == 1
