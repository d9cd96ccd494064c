"""The runtime that runs graphs in the prove function, whose packages are those of a release.

The graph travels through the registry, by its digest. A question and its reply each stay below Lambda's 6 MB.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.engines import Engine
from fairlead.errors import CallError, EngineError, RowNotAnswerableError
from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.answers import Answers, join
from fairlead.model.golden import Golden
from fairlead.model.manifest import Blob
from fairlead.model.signature import Signature, class_names
from fairlead.publishing.parity.graph_runtime import Runtime
from fairlead.publishing.parity.messages import EngineReply, GraphQuestion, Row, pack, unpack
from fairlead.registry.store import Registry

MOST_BYTES = 4_000_000
"""Size of a question or a reply before base64, which makes four bytes of three. Lambda takes 6 MB
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
MEASURED_ROWS = 100

Ask = Callable[[GraphQuestion], EngineReply]


class ProveFunction:
    """Calls the prove function through a boto3 client of Lambda."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, question: GraphQuestion) -> EngineReply:
        """Return the reply; raises CallError if the function fails, StorageError if it cannot be called."""
        with clients.translated(f"ask {self._function} (lambda:InvokeFunction)"):
            called = self._client.invoke(FunctionName=self._function, Payload=msgspec.json.encode(pack(question)))
            payload: bytes = called["Payload"].read()
        if called.get("FunctionError"):
            raise CallError(f"{self._function} failed: {payload.decode(errors='replace')[:300]}")
        return _reply(payload)


class RemoteRuntime(Runtime):
    """Opens and measures graphs in the prove function."""

    def __init__(self, ask: Ask, registry: Registry) -> None:
        self._ask = ask
        self._registry = registry

    def open(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
        """Open an onnx engine there; raises EngineError if the graph does not load."""
        engine = RemoteEngine(self._ask, spec, signature, self._registry.put_blob(blob))
        engine.answer([])
        return engine

    def measure(
        self,
        spec: manifest.Engine,
        signature: Signature,
        blob: bytes,
        rows: Sequence[Row],
        *,
        golden: Golden | None = None,
        code: bytes = b"",
    ) -> Budget:
        """Measure a graph there; an estimator is measured on this machine, in a fresh process."""
        if spec.name != "onnx":
            return super().measure(spec, signature, blob, rows, golden=golden, code=code)
        put = self._registry.put_blob(blob)
        sample = list(rows[:MEASURED_ROWS])
        reply = self._ask(
            GraphQuestion(blob=put, spec=spec, signature=signature, rows=sample, measure=True, golden=golden)
        )
        return reply.budget or Budget(artifact_bytes=put.size, failure=reply.failure or "nothing was measured")


class RemoteEngine:
    """The engine of one graph in the prove function; rows go in batches that Lambda takes."""

    def __init__(self, ask: Ask, spec: manifest.Engine, signature: Signature, blob: Blob) -> None:
        self._ask = ask
        self._question = GraphQuestion(blob=blob, spec=spec, signature=signature, rows=[])
        self._most_rows = _most_rows(signature)

    def answer(self, rows: Sequence[Row]) -> Answers:
        """Answer a batch; raises EngineError if the graph fails, RowNotAnswerableError with all refused rows."""
        starts = range(0, max(1, len(rows)), self._most_rows)
        replies = [one for start in starts for one in self._replies(rows[start : start + self._most_rows], start)]
        refused = [start + position for start, reply in replies for position in reply.refused]
        if refused:
            raise RowNotAnswerableError(refused, next(reply.reason for _, reply in replies if reply.refused))
        return join([reply.answers or Answers() for _, reply in replies])

    def _replies(self, rows: Sequence[Row], start: int) -> list[tuple[int, EngineReply]]:
        """Ask in parts that Lambda takes; return each reply with the position of its first row."""
        question = msgspec.structs.replace(self._question, rows=list(rows))
        if len(rows) > 1 and len(msgspec.msgpack.encode(question.rows)) > MOST_BYTES:
            middle = len(rows) // 2
            return self._replies(rows[:middle], start) + self._replies(rows[middle:], start + middle)
        reply = self._ask(question)
        if reply.failure:
            raise EngineError(reply.failure)
        return [(start, reply)]


def _reply(payload: bytes) -> EngineReply:
    try:
        document = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise CallError(f"the prove function's reply is not JSON: {error}") from error
    return unpack(document, EngineReply)


def _most_rows(signature: Signature) -> int:
    """Return how many rows' answers fit: nine bytes a figure, and a label as long as the longest class."""
    output = signature.output
    names = class_names(output)
    figures = len(output.names or names) + 2
    return max(1, MOST_BYTES // (9 * figures + max((len(name.encode()) for name in names), default=0) + 10))
