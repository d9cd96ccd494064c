"""Client of a live endpoint: sends requests in batches, signed with Signature Version 4, with bounded retries.

boto3 finds region and credentials. The endpoint is the stack's output ApiUrl, or FAIRLEAD_API_URL.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import CallError, FairleadError, SettingsError

ROWS_PER_CALL = 1_000
BYTES_PER_CALL = 2 * 1024 * 1024
"""A third of Lambda's 6 MB: escaping the body inside the proxy event can double it."""
ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting in one call, all attempts together
DONE = frozenset({200, 207})
WORTH_RETRYING = frozenset({429, 502, 503, 504})
CREDENTIALS = {
    "InvalidSignatureException": "the secret access key does not belong to the access key, or this clock is wrong: "
    "`aws sts get-caller-identity` shows which",
    "UnrecognizedClientException": "AWS knows no such access key here: `aws sts get-caller-identity` shows whose "
    "credentials are used; the local cloud makes new ones at each start, so `source .fairlead/local.env` again",
    "ExpiredTokenException": "the session token has expired: sign in again (`aws sso login`)",
    "MissingAuthenticationTokenException": "API Gateway knows no such path: FAIRLEAD_API_URL must be the stack's "
    "output ApiUrl, with the stage",
}
"""Hints by API Gateway's x-amzn-ErrorType, for refusals that no IAM policy can fix."""
HOST_REGION = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")

Instance = Mapping[str, Any]


class Endpoint:
    """One API by its URL, with the stage; `session` is the boto3 session that signs."""

    def __init__(self, url: str, *, session: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        import boto3
        import urllib3

        self._url = url.rstrip("/")
        self._session: Any = session or boto3.Session()
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=5, read=35))
        self._sleep = sleep

    def describe(self, version: int | None = None) -> dict[str, Any]:
        """GET /model or /versions/N: return the public part of the live or of a pinned version's manifest."""
        return self._call("GET", f"/versions/{version}" if version else "/model")

    def predict(
        self, instances: Iterable[Instance], *, most_rows: int = ROWS_PER_CALL, version: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """POST /predict or /versions/N/predict, at most `most_rows` rows a request; yields each answer.

        The next request is on its way while the caller works on an answer; none follows a refused one. Raises
        CallError; its `errors` number rows from the first of `instances`.
        """
        path = f"/versions/{version}/predict" if version else "/predict"
        sent = 0
        running: list[Future[dict[str, Any]]] = []
        with ThreadPoolExecutor(1) as pool:
            for rows, body in batches(instances, most_rows=min(most_rows, ROWS_PER_CALL)):
                answers = [call.result() for call in running]
                running = [pool.submit(self._predicted, path, body, first_row=sent)]
                sent += rows
                yield from answers
            yield from (call.result() for call in running)

    def report(self, outcomes: Sequence[Instance], *, most_rows: int = ROWS_PER_CALL) -> Iterator[dict[str, Any]]:
        """POST /feedback, at most `most_rows` outcomes a request; yields each answer: one result per outcome, in order.

        Raises CallError. The call is idempotent: the same outcomes may be sent again.
        """
        for _, body in batches(outcomes, most_rows=min(most_rows, ROWS_PER_CALL), member="outcomes"):
            yield self._call("POST", "/feedback", body)

    def _predicted(self, path: str, body: bytes, *, first_row: int) -> dict[str, Any]:
        try:
            return self._call("POST", path, body)
        except CallError as error:
            for wrong in error.errors:
                wrong["row"] += first_row
            raise

    def _call(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            response = self._send(method, path, body)
            if response.status in DONE:
                return _decoded(response.data, self._url + path)
            pause = _pause(response.headers.get("Retry-After"), attempt)
            waited += pause
            if not _worth_retrying(response) or attempt == ATTEMPTS or waited > PATIENCE:
                break
            self._sleep(pause)
        raise self._refused(response, f"{method} {self._url}{path}")

    def _send(self, method: str, path: str, body: bytes) -> Any:
        import urllib3

        headers = self._signed(method, self._url + path, body)
        try:
            return self._http.request(method, self._url + path, body=body or None, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise CallError(
                f"{self._url} does not answer: {error}", hint="check FAIRLEAD_API_URL and the network; is the stack up?"
            ) from error

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """Return headers signed for one attempt: signatures last five minutes, and credentials may change."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        with clients.translated("load credentials", otherwise=SettingsError):
            credentials = self._session.get_credentials()
        if credentials is None:
            raise SettingsError(
                "no AWS credentials to sign with", hint="sign in, or `source .fairlead/local.env` for the local cloud"
            )
        request = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._region()).add_auth(request)
        return dict(request.headers)

    def _region(self) -> str:
        named = HOST_REGION.search(self._url)
        region: str | None = named[1] if named else self._session.region_name
        if not region:
            raise SettingsError("no region to sign for", hint="set AWS_REGION")
        return region

    def _refused(self, response: Any, what: str) -> FairleadError:
        problem = _problem(response.data)
        detail = str(problem.get("detail") or problem.get("message") or problem.get("Message") or "no reason given")
        detail = detail.partition("\n")[0].strip()  # API Gateway appends the canonical request to it
        kind = str(response.headers.get("x-amzn-ErrorType", "")).partition(":")[0]
        if kind in CREDENTIALS:
            return SettingsError(f"{what} refused your credentials: {detail}", hint=CREDENTIALS[kind])
        hint = str(problem.get("hint", ""))
        if response.status == 403:
            policy = "FeedbackPolicyArn" if what.endswith("/feedback") else "CallerPolicyArn"
            hint = f"you are {self._who()}: it needs the policy in the stack's output {policy}"
        return CallError(f"{what} answered {response.status}: {detail}", problem=problem, hint=hint)

    def _who(self) -> str:
        """Return the caller's ARN, or the access key if STS does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return str(self._session.client("sts").get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError):
            return f"access key {self._session.get_credentials().access_key}"


def batches(
    instances: Iterable[Instance], *, most_rows: int = ROWS_PER_CALL, member: str = "instances"
) -> Iterator[tuple[int, bytes]]:
    """Cut rows into request bodies of bounded rows and bytes; yields (number of rows, body)."""
    rows: list[bytes] = []
    size = 0
    for instance in instances:
        row = msgspec.json.encode(instance)
        if rows and (len(rows) == most_rows or size + len(row) > BYTES_PER_CALL):
            yield len(rows), _body(member, rows)
            rows, size = [], 0
        rows.append(row)
        size += len(row) + 1
    if rows:
        yield len(rows), _body(member, rows)


def _body(member: str, rows: Sequence[bytes]) -> bytes:
    return b'{"%s":[' % member.encode() + b",".join(rows) + b"]}"


def _worth_retrying(response: Any) -> bool:
    """Say whether a later attempt may succeed.

    API Gateway answers 500 where Lambda throttled the function: then it asks to come back, or names no Fairlead code.
    """
    if response.status == 500:
        return "Retry-After" in response.headers or "code" not in _problem(response.data)
    return response.status in WORTH_RETRYING


def _pause(retry_after: str | None, attempt: int) -> float:
    """Return seconds to wait: the server's Retry-After, else 0.5 s, doubled at each attempt."""
    if retry_after and retry_after.isdecimal():
        return float(retry_after)
    return 0.5 * float(2 ** (attempt - 1))


def _decoded(data: bytes, url: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CallError(
            f"{url} answered something that is not JSON", hint="does FAIRLEAD_API_URL name the API?"
        ) from error


def _problem(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return {"detail": data[:200].decode(errors="replace")} if data else {}
