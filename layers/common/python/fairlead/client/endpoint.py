"""The core of every caller: signs requests, sends them in batches and in parallel, and retries within a deadline.

The endpoint is the stack's output ApiUrl, or FAIRLEAD_API_URL.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from fairlead.auth import SigV4
from fairlead.client.batches import ROWS_PER_CALL, Batch, Instance, batches
from fairlead.client.connections import connections
from fairlead.client.refusals import Reply, refusal
from fairlead.errors import CallError, CallUnavailableError

DEADLINE = 30.0
"""Seconds from a request to its answer, all attempts together; the API itself gives up after 29."""
CONNECT = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
DONE = frozenset({200, 207})

Answer = dict[str, Any]


class Endpoint:
    """One API by its URL, with the stage; `session` is the boto3 or botocore session that signs.

    One call sends at most `parallel` requests at a time. Threads may share an endpoint.
    """

    def __init__(
        self,
        url: str,
        *,
        session: Any = None,
        deadline: float = DEADLINE,
        parallel: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._auth = SigV4(session)
        self._http = connections(self._url)
        self._deadline = deadline
        self._parallel = parallel
        self._sleep = sleep
        self._clock = clock

    def describe(self, version: int | None = None) -> Answer:
        """GET /model or /versions/N: return the public part of the live or of a pinned version's manifest."""
        return self._call("GET", "/model" if version is None else f"/versions/{version}")

    def predict(
        self,
        instances: Iterable[Instance],
        *,
        most_rows: int = ROWS_PER_CALL,
        version: int | None = None,
        first_row: int = 0,
        explain: bool = False,
    ) -> Iterator[Answer]:
        """POST /predict or /versions/N/predict, at most `most_rows` rows in each request; yields the answers in order.

        The next requests are sent while the caller works on an answer; none is sent after a refused one. A request
        that the endpoint finds too large is sent again in two halves. Raises CallError; its `errors` number rows from
        `first_row`, which is the first of `instances`. With `explain` each prediction has its reasons.
        """
        path = "/predict" if version is None else f"/versions/{version}/predict"
        running: deque[Future[list[Answer]]] = deque()
        with ThreadPoolExecutor(self._parallel) as pool:
            for batch in batches(instances, most_rows=min(most_rows, ROWS_PER_CALL), first_row=first_row):
                answers = running.popleft().result() if len(running) == self._parallel else []
                running.append(pool.submit(self._predicted, path, batch, explain=explain))
                yield from answers
            while running:
                yield from running.popleft().result()

    def report(self, outcomes: Iterable[Instance], *, most_rows: int = ROWS_PER_CALL) -> Iterator[Answer]:
        """POST /feedback, at most `most_rows` outcomes in each request; yields the answers: one result per outcome.

        Raises CallError. The call is idempotent: the same outcomes may be sent again.
        """
        for batch in batches(outcomes, most_rows=min(most_rows, ROWS_PER_CALL), member="outcomes"):
            answer = self._call("POST", "/feedback", batch.body(), first_row=batch.first_row)
            _check_each(answer, "results", batch)
            yield answer

    def _predicted(self, path: str, batch: Batch, *, explain: bool) -> list[Answer]:
        try:
            answer = self._call("POST", path, batch.body(explain=explain), first_row=batch.first_row)
        except CallError as error:
            if error.code != "too_large" or len(batch.rows) == 1:
                raise
            return [answer for half in batch.halves() for answer in self._predicted(path, half, explain=explain)]
        _check_each(answer, "predictions", batch)
        return [answer]

    def _call(self, method: str, path: str, body: bytes = b"", *, first_row: int = 0) -> Answer:
        """Return the decoded answer; retry while an attempt can end before the deadline."""
        what = f"{method} {self._url}{path}"
        ends = self._clock() + self._deadline
        longest = FIRST_PAUSE
        while True:
            reply = self._attempt(method, path, body, ends)
            if reply and reply.status in DONE:
                return _decoded(reply.data, self._url + path)
            pause = (reply.retry_after() if reply else 0.0) + random.uniform(0, longest)  # noqa: S311 - spreads callers
            if (reply and not reply.is_temporary()) or self._clock() + pause >= ends:
                break
            self._sleep(pause)
            longest = min(2 * longest, LONGEST_PAUSE)
        if not reply:
            raise CallUnavailableError(f"{what} gave no answer within {self._deadline:g} s", hint="try again later")
        raise refusal(reply, what, first_row=first_row, who=self._who)

    def _attempt(self, method: str, path: str, body: bytes, ends: float) -> Reply | None:
        """Sign and send once; return None if the answer did not come in time or the connection broke."""
        import urllib3

        url = self._url + path
        left = max(ends - self._clock(), 0.001)
        headers = {"Content-Type": "application/json"}
        headers |= self._auth.headers(method, url, body, headers)
        timeout = urllib3.Timeout(connect=min(CONNECT, left), read=left)
        try:
            response = self._http.request(method, url, body=body or None, headers=headers, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            absent = isinstance(error, urllib3.exceptions.NewConnectionError)
            if not absent and isinstance(error, urllib3.exceptions.TimeoutError | urllib3.exceptions.ProtocolError):
                return None
            raise CallError(
                f"{self._url} does not answer: {error}",
                hint="check the address (FAIRLEAD_API_URL) and the network; is the stack up?",
            ) from error
        return Reply(response.status, response.headers, response.data)

    def _who(self) -> str:
        """Return the caller's ARN, or the access key if STS does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        session = self._auth.session
        client = getattr(session, "create_client", None) or session.client  # botocore's name, boto3's name
        try:
            return str(client("sts").get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError):
            return f"access key {session.get_credentials().access_key}"


def _check_each(answer: Answer, member: str, batch: Batch) -> None:
    """Raise CallError unless the answer has one member for each row."""
    given = answer.get(member)
    found = len(given) if isinstance(given, list) else 0
    if found != len(batch.rows):
        raise CallError(
            f"{member} came for {found} of {len(batch.rows)} rows", hint="is the address the stack's output ApiUrl?"
        )


def _decoded(data: bytes, url: str) -> Answer:
    try:
        return msgspec.json.decode(data, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CallError(
            f"{url} answered something that is not JSON", hint="does FAIRLEAD_API_URL name the API?"
        ) from error
