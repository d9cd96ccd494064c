"""Engines answer rows: `onnx` runs a graph, `sklearn` runs the estimator. Neither loads a pickle.

Rows are tuples in signature order: float, int, bool, str, or None for missing. Answers are plain Python values, ready
for JSON. A process imports only its version's engine.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.signature import Signature


class Engine(Protocol):
    """Interface: answers rows of one signature."""

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        """Return the answers to a batch; a row's answer does not depend on the other rows.

        Raises RowNotAnswerableError if the engine can name rows that the model has no answer to.
        """
        ...


def load(spec: manifest.Engine, signature: Signature, blob: bytes, code: bytes = b"") -> Engine:
    """Return the manifest's engine, made from its verified blob; raises EngineError if it cannot run here.

    `code` is the verified blob `spec.code`, which executes: the caller decides whether it may.
    """
    if spec.name == "onnx":
        from fairlead.engines.onnx import OnnxEngine

        return OnnxEngine(spec, signature, blob)
    from fairlead.engines.sklearn import SklearnEngine
    from fairlead.engines.sklearn_layer import load_estimator

    return SklearnEngine(load_estimator(blob, code), signature)
