"""Engines: what answers rows. `onnx` runs a graph; `sklearn` runs the estimator. Neither loads a pickle.

Rows are tuples in signature order: float, int, bool, str, or None for missing. Answers are plain Python values, ready
for JSON. Only the engine a version names is imported.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.signature import Signature


class Engine(Protocol):
    """Anything that answers rows of one signature."""

    def answer(self, rows: Sequence[tuple[Any, ...]]) -> Answers:
        """Answer a batch; a row's answer does not depend on the other rows.

        Raises RowNotAnswerableError for rows that the engine knows the model has no answer to.
        """
        ...


def load(spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
    """Make the engine a manifest names from its verified blob; raises EngineError where it cannot run here."""
    if spec.name == "onnx":
        from fairlead.engines.onnx import OnnxEngine

        return OnnxEngine(spec, signature, blob)
    from fairlead.engines.sklearn import SklearnEngine
    from fairlead.engines.sklearn_layer import load_estimator

    return SklearnEngine(load_estimator(blob), signature)
