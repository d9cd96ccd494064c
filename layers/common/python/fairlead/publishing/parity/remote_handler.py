"""The prove function's logic: it opens a graph of the registry by its digest, then answers rows or measures its cost.

It never opens an estimator and never loads a pickle.
"""

from typing import Any

from fairlead import engines
from fairlead.engines import Engine
from fairlead.engines.onnx_graph import check_graph
from fairlead.errors import EngineError, FairleadError, RowNotAnswerableError, one_line
from fairlead.gate.evidence import Budget
from fairlead.model.answers import Answers
from fairlead.publishing.evidence.measure import measure_budget
from fairlead.publishing.parity.messages import EngineReply, GraphQuestion, pack, unpack
from fairlead.registry.store import Reading


class GraphHandler:
    """Answers questions about one registry's graphs; the last graph stays open, because a proof asks it many times."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._open: tuple[Any, Engine] | None = None

    def answer(self, event: dict[str, Any]) -> dict[str, str]:
        """Answer one event; a failure of the graph is in the reply. Raises CallError for a malformed event."""
        return pack(self._reply(unpack(event, GraphQuestion)))

    def _reply(self, question: GraphQuestion) -> EngineReply:
        if question.spec.name != "onnx":
            return EngineReply(failure="the prove function opens graphs only; an estimator is never opened")
        if question.measure:
            return EngineReply(budget=self._measured(question))
        try:
            engine = self._engine(question)
            return EngineReply(answers=engine.answer(question.rows) if question.rows else Answers())
        except RowNotAnswerableError as error:
            return EngineReply(refused=error.positions, reason=error.reason)
        except EngineError as error:
            return EngineReply(failure=str(error))
        except FairleadError:  # an error of the registry is not a finding about the graph
            raise
        except Exception as error:  # noqa: BLE001 - onnxruntime's own exceptions share no base class
            return EngineReply(failure=one_line(error))

    def _engine(self, question: GraphQuestion) -> Engine:
        wanted = (question.blob, question.spec, question.signature)
        if self._open is None or self._open[0] != wanted:
            blob = self._reading.blob(question.blob)
            check_graph(blob)
            self._open = (wanted, engines.load(question.spec, question.signature, blob))
        return self._open[1]

    def _measured(self, question: GraphQuestion) -> Budget:
        blob = self._reading.blob(question.blob)
        return measure_budget(question.spec, question.signature, blob, question.rows, golden=question.golden)
