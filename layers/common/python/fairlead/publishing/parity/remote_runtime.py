"""Graphs asked in the prove function, which has the packages that serve: its answers are those of a release.

The graph travels by its digest, through the registry; rows and answers as MessagePack in base64, because JSON has no
infinities and no doubles that are whole. A question and its answer each stay under Lambda's 6 MB.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from fairlead.aws import clients
from fairlead.engines import Answers, Engine
from fairlead.errors import CallError, EngineError, RowNotAnswerableError
from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.golden import Golden
from fairlead.model.manifest import Blob
from fairlead.model.signature import Signature, class_names
from fairlead.publishing.evidence.measure import measure_budget
from fairlead.registry.store import Registry

Row = tuple[Any, ...]
What = TypeVar("What", "Question", "Reply")
MOST_BYTES = 4_000_000
"""Of a question or an answer before base64 makes four bytes of three: Lambda takes 6 MB
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the prove function is asked: rows of a graph's signature, or with `measure` what the graph costs."""

    blob: Blob
    spec: manifest.Engine
    signature: Signature
    rows: list[Row]
    measure: bool = False
    golden: Golden | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Its answers, the rows that have none and why, what it measured, or why the graph does not load or answer."""

    answers: Answers | None = None
    refused: tuple[int, ...] = ()
    reason: str = ""
    budget: Budget | None = None
    failure: str = ""


Ask = Callable[[Question], Reply]


class ProveFunction:
    """The prove function through a boto3 client of Lambda."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, question: Question) -> Reply:
        """Ask and wait; raises CallError where the function fails, StorageError where it cannot be called."""
        with clients.translated(f"ask {self._function} (lambda:InvokeFunction)"):
            called = self._client.invoke(FunctionName=self._function, Payload=pack(question))
            payload: bytes = called["Payload"].read()
        if called.get("FunctionError"):
            raise CallError(f"{self._function} failed: {payload.decode(errors='replace')[:300]}")
        return unpack(payload, Reply)


class Remote:
    """A runtime beside this process."""

    def __init__(self, ask: Ask, registry: Registry) -> None:
        self._ask = ask
        self._registry = registry

    def open(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
        """Open an onnx engine there; raises EngineError where the graph does not load."""
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
    ) -> Budget:
        """Measure a graph there; an estimator runs here, in a fresh process."""
        if spec.name != "onnx":
            return measure_budget(spec, signature, blob, rows, golden=golden)
        put = self._registry.put_blob(blob)
        asked = Question(blob=put, spec=spec, signature=signature, rows=list(rows[:100]), measure=True, golden=golden)
        reply = self._ask(asked)
        return reply.budget or Budget(artifact_bytes=put.size, failure=reply.failure or "nothing was measured")


class RemoteEngine:
    """One graph there; rows go in batches that Lambda takes."""

    def __init__(self, ask: Ask, spec: manifest.Engine, signature: Signature, blob: Blob) -> None:
        self._ask = ask
        self._question = Question(blob=blob, spec=spec, signature=signature, rows=[])
        self._most_rows = _most_rows(signature)

    def answer(self, rows: Sequence[Row]) -> Answers:
        """Answer a batch; raises EngineError where the graph cannot, RowNotAnswerableError with all refused rows."""
        starts = range(0, max(1, len(rows)), self._most_rows)
        replies = [one for start in starts for one in self._replies(rows[start : start + self._most_rows], start)]
        refused = [start + position for start, reply in replies for position in reply.refused]
        if refused:
            raise RowNotAnswerableError(refused, next(reply.reason for _, reply in replies if reply.refused))
        return _joined([reply.answers or Answers() for _, reply in replies])

    def _replies(self, rows: Sequence[Row], start: int) -> list[tuple[int, Reply]]:
        """Ask in parts that Lambda takes: each reply with the position of its first row."""
        question = msgspec.structs.replace(self._question, rows=list(rows))
        if len(rows) > 1 and len(msgspec.msgpack.encode(question.rows)) > MOST_BYTES:
            middle = len(rows) // 2
            return self._replies(rows[:middle], start) + self._replies(rows[middle:], start + middle)
        reply = self._ask(question)
        if reply.failure:
            raise EngineError(reply.failure)
        return [(start, reply)]


def pack(what: Question | Reply) -> bytes:
    """Spell a question or reply as the JSON that Lambda carries."""
    return msgspec.json.encode({"packed": base64.b64encode(msgspec.msgpack.encode(what)).decode()})


def unpack(payload: bytes, kind: type[What]) -> What:
    """Read a question or reply; raises CallError for anything else."""
    try:
        packed = msgspec.json.decode(payload, type=dict[str, str])["packed"]
        return msgspec.msgpack.decode(base64.b64decode(packed), type=kind)
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise CallError(f"what came is no {kind.__name__.lower()}: {error}") from error


def _most_rows(signature: Signature) -> int:
    """Rows whose answers fit: nine bytes a figure, and a label as long as the longest class."""
    output = signature.output
    names = class_names(output)
    figures = len(output.names or names) + 2
    return max(1, MOST_BYTES // (9 * figures + max((len(name.encode()) for name in names), default=0) + 10))


def _joined(parts: Sequence[Answers]) -> Answers:
    if len(parts) == 1:
        return parts[0]
    columns = {name: [getattr(part, name) for part in parts] for name in Answers.__struct_fields__}
    return Answers(
        **{name: None if None in some else [one for part in some for one in part] for name, some in columns.items()}
    )
