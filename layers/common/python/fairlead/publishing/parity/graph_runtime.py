"""Where compiled graphs run while a version is made: in this process, or beside it (`remote`).

Training and serving packages do not fit into one Lambda function, so a graph that was compiled in one is asked in
another. Whoever proves, measures or compares a graph asks its runtime for the engine, and learns no more of it.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from fairlead import engines
from fairlead.engines import Engine
from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.golden import Golden
from fairlead.model.signature import Signature
from fairlead.publishing.evidence.measure import measure_budget


class Runtime(Protocol):
    """What runs graphs."""

    def open(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
        """Open an onnx engine; raises EngineError where the graph does not load."""
        ...

    def measure(
        self,
        spec: manifest.Engine,
        signature: Signature,
        blob: bytes,
        rows: Sequence[tuple[Any, ...]],
        *,
        golden: Golden | None = None,
    ) -> Budget:
        """Measure an engine in a fresh process."""
        ...


class Here:
    """In this process, and in fresh ones beside it."""

    def open(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
        """Open an onnx engine; raises EngineError where the graph does not load."""
        return engines.load(spec, signature, blob)

    def measure(
        self,
        spec: manifest.Engine,
        signature: Signature,
        blob: bytes,
        rows: Sequence[tuple[Any, ...]],
        *,
        golden: Golden | None = None,
    ) -> Budget:
        """Measure an engine in a fresh process."""
        return measure_budget(spec, signature, blob, rows, golden=golden)


HERE = Here()
