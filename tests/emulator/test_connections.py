"""The AWS port keeps connections, and answers each request on one by its length."""

import contextlib
import http.client
from collections.abc import Iterator

import pytest
from botocore.awsrequest import AWSRequest

from fairlead_local.cloud import LocalCloud
from tests.local.support import signer

Connection = http.client.HTTPConnection


@pytest.fixture
def connection(cloud: LocalCloud) -> Iterator[Connection]:
    opened = Connection(cloud.endpoint_url.removeprefix("http://"), timeout=10)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def bucket(cloud: LocalCloud) -> str:
    cloud.client("s3").create_bucket(Bucket="connections")
    return "/connections"


def headers(cloud: LocalCloud, method: str, path: str, body: bytes = b"") -> dict[str, str]:
    """Return the headers of a signed request to S3."""
    request = AWSRequest(method, cloud.endpoint_url + path, data=body)
    signer(cloud.admin, service="s3")(request)
    return dict(request.headers.items())


def ask(cloud: LocalCloud, connection: Connection, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection.request(method, path, body or None, headers(cloud, method, path, body))
    answer = connection.getresponse()
    return answer.status, answer.read()


def status_once_permitted(connection: Connection, body: bytes) -> int:
    """Send the body once the server permits it; return the status of its answer."""
    connection.putheader("Expect", "100-continue")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    assert connection.sock is not None
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(body)
    return connection.getresponse().status


def test_requests_share_a_connection_whatever_their_bodies(
    cloud: LocalCloud, connection: Connection, bucket: str
) -> None:
    content = b"0123456789" * 200_000
    assert ask(cloud, connection, "PUT", f"{bucket}/one", content)[0] == 200
    kept = connection.sock
    assert kept is not None
    assert ask(cloud, connection, "HEAD", f"{bucket}/one") == (200, b"")
    assert ask(cloud, connection, "GET", f"{bucket}/one") == (200, content)
    assert ask(cloud, connection, "DELETE", f"{bucket}/one") == (204, b"")
    assert ask(cloud, connection, "GET", f"{bucket}/one")[0] == 404
    assert ask(cloud, connection, "POST", "/_fairlead/clock", b"no JSON")[0] == 400
    assert ask(cloud, connection, "GET", "/_fairlead/clock")[0] == 200
    assert connection.sock is kept


def test_a_client_that_waits_for_permission_to_send_gets_it_at_once(
    cloud: LocalCloud, connection: Connection, bucket: str
) -> None:
    connection.putrequest("PUT", f"{bucket}/waited")
    for name, value in headers(cloud, "PUT", f"{bucket}/waited", b"abc").items():
        connection.putheader(name, value)
    assert status_once_permitted(connection, b"abc") == 200


def test_the_api_port_permits_a_caller_to_send_at_once(cloud: LocalCloud) -> None:
    host = cloud.api_url.removeprefix("http://").split("/")[0]
    with contextlib.closing(Connection(host, timeout=10)) as caller:
        caller.putrequest("POST", "/dev/predict")
        assert status_once_permitted(caller, b"{}") == 403


def test_a_body_in_chunks_is_read_to_its_end(cloud: LocalCloud, connection: Connection, bucket: str) -> None:
    signed = headers(cloud, "PUT", f"{bucket}/chunks", b"abcdef")
    connection.request("PUT", f"{bucket}/chunks", iter([b"abc", b"def"]), signed, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert ask(cloud, connection, "GET", f"{bucket}/chunks") == (200, b"abcdef")
