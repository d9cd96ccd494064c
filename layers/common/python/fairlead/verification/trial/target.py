"""The release under trial: invoked by its version number, with its identity checked in every answer."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from fairlead.api import predictions as wire
from fairlead.aws.release_client import ReleaseClient, ReleaseReply, ask_until_loaded
from fairlead.client.batches import ROWS_PER_CALL, batches
from fairlead.errors import CallError
from fairlead.model.manifest import Manifest
from fairlead.model.release import Release
from fairlead.model.signature import Signature


class RefusedRowsError(CallError):
    """The release answered rows with a status (`answered`) other than 200."""

    def __init__(self, reply: ReleaseReply) -> None:
        super().__init__(reply.problem)
        self.answered = reply.status


class Subject:
    """One release that serves the version `facts`.

    `starts` are the durations in ms of the starts that the runtime reported. `own_start` is the duration that the
    answering environment reports of its own start, None if it reports none.
    """

    def __init__(
        self, client: ReleaseClient, release: Release, facts: Manifest, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.release = release
        self.facts = facts
        self.starts: list[float] = []
        self.own_start: float | None = None
        self.most_rows = 1
        self._client = client
        self._sleep = sleep

    def wake(self) -> None:
        """Let the release load its model and check its identity; raises CallError if it fails or is another release."""
        reply = ask_until_loaded(
            lambda: self._seen(self._client.get("/health")), lambda reply: reply.status != 503, sleep=self._sleep
        )
        own = self._identified(_answered(reply)).get("start_ms")
        self.own_start = float(own) if isinstance(own, int | float) else None
        described = _answered(self._seen(self._client.get("/model")))
        self.most_rows = max(1, min(int(described.get("most_rows", 1)), ROWS_PER_CALL))

    def predict(self, signature: Signature, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return the release's predictions for rows of a signature, which may be another version's.

        Raises RefusedRowsError, CallError.
        """
        predictions: list[Any] = []
        for batch in batches(wire.instances(signature, rows), most_rows=self.most_rows):
            document = self._identified(_answered(self.call(batch.body())))
            found = document.get("predictions")
            if not isinstance(found, list) or len(found) != len(batch.rows):
                raise CallError(f"the release did not answer {len(batch.rows)} rows with as many predictions")
            predictions += found
        return predictions

    def call(self, body: bytes) -> ReleaseReply:
        """POST /predict once; raises RefusedRowsError, and what `ReleaseClient` raises."""
        reply = self._seen(self._client.post("/predict", body))
        if reply.status != 200:
            raise RefusedRowsError(reply)
        return reply

    def _seen(self, reply: ReleaseReply) -> ReleaseReply:
        if reply.init_ms is not None:
            self.starts.append(reply.init_ms)
        return reply

    def _identified(self, document: dict[str, Any]) -> dict[str, Any]:
        names = ("release", "model", "version", "digest")
        expected = (self.release.release, self.release.model, self.release.version, self.release.digest)
        found = tuple(document.get(name) for name in names)
        if found != expected:
            raise CallError(f"{_named(expected)} was invoked, but {_named(found)} answered")
        return document


def _answered(reply: ReleaseReply) -> dict[str, Any]:
    if reply.status != 200:
        raise CallError(reply.problem)
    return reply.document


def _named(identity: tuple[Any, ...]) -> str:
    release, model, version, digest = identity
    return f"release {release} ({model} version {version}, {digest})"
