"""The small S3 reader: signs as botocore does, retries what may pass, names what will not."""

import contextlib
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from fairlead.aws import s3_stdlib
from fairlead.aws.s3_stdlib import ColdReader, Credentials, credentials, signed_headers
from fairlead.errors import NotFoundError, StorageError
from testkit.loopback import Received, Sent, loopback

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}


@pytest.mark.parametrize("token", ["", "a-session-token"])
@pytest.mark.parametrize("key", ["models/m/versions/1.json", "blobs/sha256/00ff", "a b/ü+~.json"])
def test_the_signature_is_botocores(key: str, token: str) -> None:
    url = urllib.parse.urlsplit("https://bucket.s3.eu-central-1.amazonaws.com/" + urllib.parse.quote(key))
    request = AWSRequest("GET", url.geturl(), headers={"x-amz-content-sha256": s3_stdlib.EMPTY_SHA256})
    S3SigV4Auth(BotoCredentials("AKIDEXAMPLE", "secret", token or None), "s3", "eu-central-1").add_auth(request)
    stamp = datetime.strptime(request.headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    ours = signed_headers(url, "eu-central-1", Credentials("AKIDEXAMPLE", "secret", token), stamp)
    assert ours["authorization"] == request.headers["Authorization"]


def test_the_signature_of_a_query_is_botocores() -> None:
    query = "list-type=2&prefix=models%2Fchurn%2Fretired%2F&start-after=models%2Fchurn%2Fretired%2F7.json"
    url = urllib.parse.urlsplit(f"https://bucket.s3.eu-central-1.amazonaws.com/?{query}")
    request = AWSRequest("GET", url.geturl(), headers={"x-amz-content-sha256": s3_stdlib.EMPTY_SHA256})
    S3SigV4Auth(BotoCredentials("AKIDEXAMPLE", "secret"), "s3", "eu-central-1").add_auth(request)
    stamp = datetime.strptime(request.headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    ours = signed_headers(url, "eu-central-1", Credentials("AKIDEXAMPLE", "secret"), stamp)
    assert ours["authorization"] == request.headers["Authorization"]


@pytest.mark.parametrize("suffix", ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"])
def test_the_bucket_s_address_ends_as_its_partition_s_do(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[str] = []

    def answered(_: ColdReader, url: str) -> tuple[int, bytes]:
        requested.append(url)
        return 200, b""

    monkeypatch.setattr(ColdReader, "_fetch", answered)
    ColdReader("registry", KEYS | {"FAIRLEAD_URL_SUFFIX": suffix}).get("models/m/versions/1.json")
    assert requested == [f"https://registry.s3.eu-central-1.{suffix}/models/m/versions/1.json"]


class Bucket:
    """A loopback S3 that answers from a script of (status, body)."""

    script: ClassVar[list[tuple[int, bytes]]] = []
    paths: ClassVar[list[str]] = []

    @classmethod
    def answer(cls, request: Received) -> Sent:
        cls.paths.append(request.path)
        status, body = cls.script.pop(0)
        return status, {}, body


@pytest.fixture
def endpoint() -> Iterator[str]:
    Bucket.script, Bucket.paths = [], []
    with loopback(Bucket.answer) as url:
        yield url


def reader(endpoint: str, waits: list[float]) -> ColdReader:
    return ColdReader("registry", {**KEYS, "AWS_ENDPOINT_URL": endpoint}, sleep=waits.append)


def test_a_passing_fault_is_retried(endpoint: str) -> None:
    waits: list[float] = []
    Bucket.script = [(503, b"<Error><Code>SlowDown</Code></Error>"), (500, b""), (200, b"bytes")]
    assert reader(endpoint, waits).get("k") == b"bytes"
    assert Bucket.paths == ["/registry/k"] * 3
    assert len(waits) == 2


def test_a_lasting_fault_is_named_after_the_last_attempt(endpoint: str) -> None:
    Bucket.script = [(503, b"<Error><Code>SlowDown</Code></Error>")] * s3_stdlib.ATTEMPTS
    with pytest.raises(StorageError, match="SlowDown"):
        reader(endpoint, []).get("k")


def test_missing_object_is_requested_once(endpoint: str) -> None:
    Bucket.script = [(404, b"<Error><Code>NoSuchKey</Code></Error>")]
    with pytest.raises(NotFoundError, match="NoSuchKey"):
        reader(endpoint, []).get("k")


def test_a_refusal_is_not_retried(endpoint: str) -> None:
    Bucket.script = [(403, b"<Error><Code>AccessDenied</Code></Error>")]
    with pytest.raises(StorageError, match="AccessDenied"):
        reader(endpoint, []).get("k")


def page(*keys: str, more: bool) -> tuple[int, bytes]:
    listed = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
    truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    return 200, f"<ListBucketResult><Prefix>a/</Prefix>{truncated}{listed}</ListBucketResult>".encode()


def test_keys_are_listed_page_by_page(endpoint: str) -> None:
    Bucket.script = [page("a/1", "a/2", more=True), page("a/3", more=False)]
    assert list(reader(endpoint, []).keys("a/")) == ["a/1", "a/2", "a/3"]
    requested = "/registry/?list-type=2&prefix=a%2F"
    assert Bucket.paths == [requested, f"{requested}&start-after=a%2F2"]


def test_an_empty_listing_is_no_key_and_a_refused_one_no_empty_listing(endpoint: str) -> None:
    Bucket.script = [page(more=False), (403, b"<Error><Code>AccessDenied</Code></Error>")]
    assert list(reader(endpoint, []).keys("a/")) == []
    with pytest.raises(StorageError, match="AccessDenied"):
        list(reader(endpoint, []).keys("a/"))


def test_patience_is_the_readers_own(endpoint: str) -> None:
    Bucket.script = [(503, b"")] * 2
    waits: list[float] = []
    hurried = ColdReader("registry", {**KEYS, "AWS_ENDPOINT_URL": endpoint}, attempts=2, timeout=1, sleep=waits.append)
    with pytest.raises(StorageError, match="in 2 attempts"):
        hurried.get("k")
    assert len(waits) == 1


class Stalling:
    """A server that takes connections and then behaves badly: `drip` is what it sends, a byte every 20 ms, for ever."""

    def __init__(self, drip: bytes) -> None:
        self._drip = drip
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            for byte in self._drip + b"x" * 10_000:
                if self._drip:
                    connection.sendall(bytes([byte]))
                time.sleep(0.02)

    def close(self) -> None:
        self._socket.close()


BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
DRIPS = {"nothing": b"", "headers": b"HTTP/1.1 200 OK\r\nX: ", "a body": BODY, "chunks": b"HTTP/1.1 200 OK\r\n\r\n"}


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS.keys())
def test_a_server_that_hangs_or_drips_ends_a_load_in_time(drip: bytes) -> None:
    """Three objects together, as a load reads them, with all retries of each."""
    server = Stalling(drip)
    patient = ColdReader("registry", {**KEYS, "AWS_ENDPOINT_URL": server.url}, timeout=0.2, patience=0.6)
    started = time.monotonic()
    patient.begin()
    for key in ("manifest", "graph", "golden"):
        with pytest.raises(StorageError, match=key):
            patient.get(key)
    assert time.monotonic() - started < 1.5
    assert server.connections >= 1
    server.close()


def test_a_new_load_restarts_the_time_limit(endpoint: str) -> None:
    now = [0.0]

    def wait(_: float) -> None:
        now[0] += s3_stdlib.PATIENCE

    patient = ColdReader("registry", {**KEYS, "AWS_ENDPOINT_URL": endpoint}, clock=lambda: now[0], sleep=wait)
    Bucket.script = [(503, b""), (200, b"two")]
    patient.begin()
    with pytest.raises(StorageError, match="HTTP 503"):
        patient.get("k")
    with pytest.raises(StorageError, match="no time left"):
        patient.get("k")
    patient.begin()
    assert patient.get("k") == b"two"


def test_an_engine_that_is_imported_slowly_between_two_reads_leaves_the_second_its_time(endpoint: str) -> None:
    now = [0.0]
    patient = ColdReader("registry", {**KEYS, "AWS_ENDPOINT_URL": endpoint}, clock=lambda: now[0])
    Bucket.script = [(200, b"manifest"), (200, b"estimator")]
    patient.begin()
    assert patient.get("manifest") == b"manifest"
    now[0] += 10 * s3_stdlib.PATIENCE
    assert patient.get("blob") == b"estimator"


def test_an_unreachable_endpoint_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match="ConnectionRefusedError"):
        reader("http://127.0.0.1:9", []).get("k")


def test_a_restored_snapshot_takes_its_keys_from_the_container_endpoint(endpoint: str) -> None:
    Bucket.script = [(200, b'{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T"}')]
    env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint}/keys?x=1", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"}
    assert credentials(env) == Credentials("A", "S", "T")
    assert Bucket.paths == ["/keys?x=1"]


def test_no_credentials_at_all_are_named() -> None:
    with pytest.raises(StorageError, match="no AWS credentials"):
        credentials({})
