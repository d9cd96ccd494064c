"""The AWS port keeps connections, and answers each request on one by its length."""

import contextlib
import http.client
import re
import socket
import urllib.parse
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


BROKEN = {
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a length that is no number": b"Content-Length: x\r\n\r\n",
    "a short body": b"Content-Length: 50\r\n\r\n12345",
    "a chunk without a length": b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    "no end of the chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
}
WHOLE = {
    "a chunk with an extension": b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n12345\r\n0\r\n\r\n",
    "a trailer": b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nName: value\r\n\r\n",
}


def statuses(url: str, *requests: bytes) -> list[int]:
    """Send the requests on one connection, and nothing after them; return the statuses of all answers."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as caller:
        caller.sendall(b"".join(b"POST /dev/predict HTTP/1.1\r\nHost: x\r\n" + one for one in requests))
        caller.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: caller.recv(65_536), b""))
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answers)]


@pytest.mark.parametrize("port", ["endpoint_url", "api_url"])
@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_refused_and_ends_the_connection(cloud: LocalCloud, port: str, request_: bytes) -> None:
    assert statuses(getattr(cloud, port), request_) == [400]


@pytest.mark.parametrize("port", ["endpoint_url", "api_url"])
@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE)
def test_all_that_chunks_may_have_is_read(cloud: LocalCloud, port: str, request_: bytes) -> None:
    assert statuses(getattr(cloud, port), request_, request_) == [403, 403]


def test_a_path_that_cannot_be_read_is_refused(cloud: LocalCloud) -> None:
    parts = urllib.parse.urlsplit(cloud.endpoint_url)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as caller:
        caller.sendall(b"GET http://[x/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert caller.recv(65_536).startswith(b"HTTP/1.1 400 ")
