"""Reads objects from S3 with the standard library alone, for predict's cold start.

Importing boto3 and opening a client takes longer than the rest of the cold start (docs/reference/performance.md).
This module signs the GET itself: Signature Version 4,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. A test compares the signature with botocore's.
"""

import hashlib
import hmac
import http.client
import json
import math
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from fairlead.errors import NotFoundError, StorageError

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
ATTEMPTS = 4
TIMEOUT = 3.0
"""Seconds for connecting to one address and for one read of its socket."""
PATIENCE = 7.0
"""Seconds for all reads of a load: Lambda ends an initialization after 10, and starting Python takes some of them.

Only reading counts: a slow import of the engine takes nothing from the reads.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""


class Credentials(msgspec.Struct, frozen=True):
    """An access key, its secret, and the session token of temporary keys."""

    access_key: str
    secret_key: str
    token: str = ""


class ColdReader:
    """Reads one bucket's objects and keys, with retries; after `begin`, all reads take at most `patience` seconds.

    `timeout` (seconds) limits connecting to one address, and one read of its socket.
    """

    def __init__(
        self,
        bucket: str,
        env: Mapping[str, str],
        *,
        attempts: int = ATTEMPTS,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bucket = bucket
        self._env = env
        self._attempts = attempts
        self._timeout = timeout
        self._region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._left = math.inf

    def begin(self) -> None:
        """Restart the time limit, at the begin of a load or of a request."""
        self._left = self._patience

    def get(self, key: str) -> bytes:
        """Return the object's bytes; raises NotFoundError, and StorageError after the last retry."""
        return self._read(key, self._url(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield every key under the prefix; raises as `get` does. XML escapes in keys are not decoded.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        last = ""
        while True:
            parameters = {"list-type": "2", "prefix": prefix} | ({"start-after": last} if last else {})
            query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote, safe="")
            page = self._read(prefix, f"{self._url('')}?{query}").decode()
            found = re.findall(r"<Key>([^<]*)</Key>", page)
            yield from found
            if not found or "<IsTruncated>true</IsTruncated>" not in page:
                return
            last = found[-1]

    def _read(self, key: str, url: str) -> bytes:
        began = self._clock()
        try:
            return self._read_until(began + self._left, key, url)
        finally:
            self._left -= self._clock() - began

    def _read_until(self, end: float, key: str, url: str) -> bytes:
        failure, attempt = "no time left", 0
        for attempt in range(1, self._attempts + 1):
            if self._clock() >= end:
                break
            try:
                status, body = self._fetch_in_time(url, end)
            except (OSError, http.client.HTTPException) as error:
                failure = f"{type(error).__name__}: {error}"
            else:
                if status == 200:
                    return body
                failure = _error_code(body) or f"HTTP {status}"
                if status in {403, 404}:
                    raise _refused(self.bucket, key, failure)
            if attempt < self._attempts:
                self._sleep(min(0.1 * 2**attempt, max(0.0, end - self._clock())))
        raise StorageError(f"s3://{self.bucket}/{key} could not be read in {attempt} attempts: {failure}")

    def _fetch_in_time(self, url: str, end: float) -> tuple[int, bytes]:
        """Fetch in a daemon thread, and abandon the thread when the time is over.

        A socket's timeout alone sets no limit: it restarts with every address of the host and every byte received.
        """
        done: list[tuple[int, bytes] | Exception] = []

        def fetch() -> None:
            try:
                done.append(self._fetch(url))
            except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
                done.append(error)

        thread = threading.Thread(target=fetch, daemon=True)
        thread.start()
        thread.join(min(max(0.0, end - self._clock()), threading.TIMEOUT_MAX))
        if not done:
            raise TimeoutError(f"no complete answer within the {self._patience:.0f} seconds of all reads")
        if isinstance(done[0], Exception):
            raise done[0]
        return done[0]

    def _fetch(self, address: str) -> tuple[int, bytes]:
        url = urllib.parse.urlsplit(address)
        headers = signed_headers(url, self._region, credentials(self._env), datetime.now(UTC))
        secure = url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(url.netloc, timeout=self._timeout)
        try:
            connection.request("GET", f"{url.path}?{url.query}" if url.query else url.path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _url(self, key: str) -> str:
        path = urllib.parse.quote(key)
        endpoint = self._env.get("AWS_ENDPOINT_URL_S3") or self._env.get("AWS_ENDPOINT_URL")
        if endpoint:
            return f"{endpoint.rstrip('/')}/{self.bucket}/{path}"
        suffix = self._env.get("FAIRLEAD_URL_SUFFIX") or "amazonaws.com"  # the partition's: AWS::URLSuffix
        return f"https://{self.bucket}.s3.{self._region}.{suffix}/{path}"


def credentials(env: Mapping[str, str]) -> Credentials:
    """Return the function's credentials: from the environment, or under SnapStart from the container endpoint.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html: restored functions get no key variables.
    """
    if env.get("AWS_ACCESS_KEY_ID"):
        return Credentials(
            env["AWS_ACCESS_KEY_ID"], env.get("AWS_SECRET_ACCESS_KEY", ""), env.get("AWS_SESSION_TOKEN", "")
        )
    endpoint = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not endpoint:
        raise StorageError(
            "no AWS credentials: neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
        )
    url = urllib.parse.urlsplit(endpoint)
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
    try:
        path = f"{url.path}?{url.query}" if url.query else url.path
        connection.request("GET", path, headers={"Authorization": env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")})
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"])


def signed_headers(url: urllib.parse.SplitResult, region: str, keys: Credentials, now: datetime) -> dict[str, str]:
    """Sign a GET without body for S3; returns every header of the request. The URL's query must be sorted by name."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": url.netloc, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": stamp}
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    names = ";".join(headers)
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"GET\n{url.path}\n{url.query}\n{listed}\n{names}\n{EMPTY_SHA256}"
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{keys.secret_key}".encode()
    for part in (stamp[:8], region, "s3", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"{keys.access_key}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    return headers


def _error_code(body: bytes) -> str:
    """Return S3's error code from its XML answer, empty if it has none."""
    found = re.search(rb"<Code>([A-Za-z0-9]+)</Code>", body)
    return found[1].decode() if found else ""


def _refused(bucket: str, key: str, code: str) -> StorageError | NotFoundError:
    if code in {"NoSuchKey", "NoSuchBucket", "HTTP 404"}:
        return NotFoundError(f"s3://{bucket}/{key} does not exist ({code})")
    return StorageError(f"s3://{bucket}/{key} may not be read ({code})")
