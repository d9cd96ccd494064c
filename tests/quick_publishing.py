"""Publishing without its fresh processes: a budget that is given, and proofs in forks of one layer process.

Tests publish hundreds of models. The processes that a publication starts would take more time than all else in it.
"""

import atexit
import functools
from typing import Any

import msgspec
import pytest

from fairlead.gate.evidence import Budget
from fairlead.model.manifest import Engine
from fairlead.model.signature import Signature
from fairlead.publishing.parity import layer_process
from fairlead.publishing.parity.graph_runtime import Runtime
from fairlead.publishing.parity.messages import EngineReply, LayerQuestion
from tests.layer_server import LayerServer


def give_budget(patch: pytest.MonkeyPatch) -> None:
    """Do not measure engines."""
    patch.setattr(Runtime, "measure", _fixed_budget)


def prove_in_forks(patch: pytest.MonkeyPatch) -> None:
    """Prove estimators in forks of one layer process."""
    patch.setattr(layer_process, "_ask", _ask)


def _fixed_budget(
    _: Runtime, spec: Engine, signature: Signature, blob: bytes, rows: Any, *, golden: Any = None, code: bytes = b""
) -> Budget:
    known = Budget(artifact_bytes=len(blob), golden=True if golden else None, memory_bytes=150_000_000)
    return msgspec.structs.replace(known, cold_load_ms=200.0, one_row_ms=0.1, hundred_rows_ms=1.0)


def _ask(question: LayerQuestion) -> EngineReply:
    return _layer_server().ask(question)


@functools.cache
def _layer_server() -> LayerServer:
    server = LayerServer()
    atexit.register(server.end)
    return server
