"""One loaded version: it decodes a request's rows, answers them and names the release that answered.

This module does not know API Gateway, Powertools or S3: callers pass bytes and a reader of objects.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from fairlead import engines
from fairlead.api.instances import PredictRequest, RequestReader
from fairlead.api.response_size import most_rows
from fairlead.engines.row_packing import Matrix
from fairlead.errors import EngineError, IntegrityError
from fairlead.model.digest import prefixed
from fairlead.model.golden import Golden
from fairlead.model.manifest import Manifest
from fairlead.registry.store import Readable, Reading
from fairlead.serving.answer_json import AnswerEncoder
from fairlead.serving.answer_rows import RowAnswerer
from fairlead.serving.number_matrix import NumberMatrix
from fairlead.serving.range_check import Ranges
from fairlead.settings import Serving
from fairlead.telemetry.capture import CapturedAnswer, prediction_ids

if TYPE_CHECKING:
    from fairlead.model.explanation import Reasons


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """One answered request: an id for each row, the share (0–1) of values out of range, rows, identity and answers."""

    ids: list[str]
    out_of_range: float
    rows: Sequence[tuple[Any, ...]]
    answered: CapturedAnswer


class Explaining(Protocol):
    """Interface: explains one version's predictions. The first request that asks for reasons imports what does."""

    def reasons(self, prediction: Prediction) -> "Reasons":
        """Return the reasons of a request's predictions."""


class Model:
    """One loaded version, checked by its digests and one golden row."""

    def __init__(self, facts: Manifest, sha256: str, engine: engines.Engine, golden: Golden) -> None:
        self.facts = facts
        self.sha256 = sha256
        self.golden = golden
        self.engine = engine
        self.explanations: Explaining | None = None
        self._answerer = RowAnswerer(engine, facts.signature, golden)
        most = most_rows(facts.signature)
        self._reader = RequestReader(facts.signature, most_rows=most)
        self._matrix = NumberMatrix(facts.signature, most_rows=most)
        self._ranges = Ranges(facts.signature)
        self._encoder = AnswerEncoder(facts.signature.output)

    def request(self, body: bytes | str) -> PredictRequest:
        """Return the request in the body `{"instances": […]}`; raises a RequestError that names the fault."""
        return self._reader.read(body)

    def rows(self, body: bytes | str) -> list[tuple[Any, ...]]:
        """Return the rows of the body, as `request` does."""
        return self._reader.rows(body)

    def rows_of(self, instances: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
        """Return the rows that another protocol's request holds, after the same checks."""
        return self._reader.rows_of(instances)

    def number_rows(self, matrix: Matrix) -> Sequence[tuple[Any, ...]] | None:
        """Return the rows of a matrix of all fields; None where only `rows_of` can check them."""
        return self._matrix.rows(matrix)

    def predict(self, rows: Sequence[tuple[Any, ...]], *, request_id: str, release: str) -> Prediction:
        """Answer rows; raises RowNotAnswerableError."""
        rows = self._matrix.packed(rows)
        return Prediction(
            ids=prediction_ids(request_id, len(rows)),
            answered=CapturedAnswer(identity=self.identity(release), answers=self._answerer.answer(rows)),
            out_of_range=self._ranges.share_outside(rows),
            rows=rows,
        )

    def body(self, prediction: Prediction) -> str:
        """Return the answer of /predict: the identity, and one JSON object for each row."""
        return self._encoder.encode(prediction.answered.identity, prediction.ids, prediction.answered.answers)

    def identity(self, release: str) -> dict[str, Any]:
        """Return the identity of an answer: model, version, the manifest's digest, the Lambda version."""
        return {
            "model": self.facts.model,
            "version": self.facts.version,
            "digest": prefixed(self.sha256),
            "release": release,
        }

    def public(self) -> dict[str, Any]:
        """Return the public part of the manifest, as `public` does."""
        return public(self.facts, self.sha256)


def load(settings: Serving, objects: Readable) -> Model:
    """Load the frozen version: the manifest by the release's digest, then as `assemble` does."""
    reading = Reading(objects)
    facts, sha256 = reading.manifest(settings.model or "", settings.version, sha256=settings.manifest_sha256)
    return assemble(reading, facts, sha256, allows_code=settings.allows_code)


def assemble(reading: Reading, facts: Manifest, sha256: str, *, allows_code: bool = False) -> Model:
    """Load the model of a trusted manifest: blobs by their digests, then one golden row; raises IntegrityError.

    Raises EngineError for a version that imports its publisher's code, unless the release allows it.
    """
    name = f"{facts.model} version {facts.version}"
    code = b""
    if facts.engine.code:
        if not allows_code:
            raise EngineError(f"{name} imports code of its publisher ({facts.package}), which this release denies")
        code = reading.blob(facts.blobs[facts.engine.code])
    engine = engines.load(facts.engine, facts.signature, reading.blob(facts.blobs[facts.engine.blob]), code)
    golden = msgspec.json.decode(reading.blob(facts.blobs["golden"]), type=Golden).first()
    if not golden.agrees(engine.answer(golden.rows)):
        raise IntegrityError(f"{name} does not give its golden answer in this environment")
    return Model(facts, sha256, engine, golden)


def public(facts: Manifest, sha256: str) -> dict[str, Any]:
    """Return the part of a manifest that callers may see: no blobs, no user names, no parameters."""
    return {
        "model": facts.model,
        "version": facts.version,
        "digest": prefixed(sha256),
        "created": facts.created,
        "engine": facts.engine.name,
        "most_rows": most_rows(facts.signature),
        "signature": facts.signature,
        "parity": facts.parity,
        "metrics": facts.metrics,
        "explanation": facts.explanation,
    }
