"""The prove function's side: a graph of the registry, by its digest, asked or measured. Nothing is unpickled here."""

from typing import Any

import msgspec

from fairlead import engines
from fairlead.engines import Answers, Engine
from fairlead.engines.onnx_graph import check_graph
from fairlead.errors import EngineError, FairleadError, RowNotAnswerableError
from fairlead.gate.evidence import Budget
from fairlead.publishing.evidence.measure import measure_budget
from fairlead.publishing.parity.remote_runtime import Question, Reply, pack, unpack
from fairlead.registry.store import Reading


class Answering:
    """One registry's graphs; the last one stays open, because a proof asks the same one many times."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._open: tuple[Any, Engine] | None = None

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer one event; raises CallError for a malformed one. What the graph fails on is in the reply."""
        question = unpack(msgspec.json.encode(event), Question)
        reply: dict[str, Any] = msgspec.json.decode(pack(self._reply(question)))
        return reply

    def _reply(self, question: Question) -> Reply:
        if question.spec.name != "onnx":
            return Reply(failure="only graphs are asked here: an estimator is never opened")
        if question.measure:
            return Reply(budget=self._measured(question))
        try:
            engine = self._engine(question)
            return Reply(answers=engine.answer(question.rows) if question.rows else Answers())
        except RowNotAnswerableError as error:
            return Reply(refused=error.positions, reason=error.reason)
        except EngineError as error:
            return Reply(failure=str(error))
        except FairleadError:  # the registry's trouble says nothing of the graph
            raise
        except Exception as error:  # noqa: BLE001 - onnxruntime's own exceptions share no base class
            return Reply(failure=" ".join(str(error).split())[:300] or type(error).__name__)

    def _engine(self, question: Question) -> Engine:
        wanted = (question.blob, question.spec, question.signature)
        if self._open is None or self._open[0] != wanted:
            blob = self._reading.blob(question.blob)
            check_graph(blob)
            self._open = (wanted, engines.load(question.spec, question.signature, blob))
        return self._open[1]

    def _measured(self, question: Question) -> Budget:
        blob = self._reading.blob(question.blob)
        return measure_budget(question.spec, question.signature, blob, question.rows, golden=question.golden)
