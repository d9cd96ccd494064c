"""The runtime that opens and measures compiled graphs while a version is made.

Training and serving packages do not fit into one Lambda function. A graph compiled in the retrain function therefore
runs in the prove function (`remote_runtime`). Parity, budget and champion code uses either runtime in the same way.
"""

from collections.abc import Sequence
from typing import Any

from fairlead import engines
from fairlead.engines import Engine
from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.golden import Golden
from fairlead.model.signature import Signature
from fairlead.publishing.evidence.measure import measure_budget


class Runtime:
    """Opens graphs in this process and measures them in fresh processes of this machine."""

    def open(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> Engine:
        """Open an onnx engine; raises EngineError if the graph does not load."""
        return engines.load(spec, signature, blob)

    def measure(
        self,
        spec: manifest.Engine,
        signature: Signature,
        blob: bytes,
        rows: Sequence[tuple[Any, ...]],
        *,
        golden: Golden | None = None,
        code: bytes = b"",
    ) -> Budget:
        """Measure an engine in a fresh process; a failure is part of the budget, never an exception."""
        return measure_budget(spec, signature, blob, rows, golden=golden, code=code)


LOCAL = Runtime()
