"""The layer process: it can import only the sklearn layer's packages, and proves that an estimator answers there.

The process stands in for Lambda at publish. A class of the user's own code or a function of a notebook is missing in
both, so the publish is refused before a release can fail.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.engines.layer_modules import IMPORTABLE
from fairlead.engines.sklearn_layer import PINS, PYTHON, differences
from fairlead.errors import CallError, EngineError
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.signature import Signature
from fairlead.publishing.parity.compare import difference
from fairlead.publishing.parity.messages import EngineReply, LayerQuestion, decode, encode

SECONDS = 600  # a busy machine may take long to import scikit-learn
BOOTSTRAP = """
import json, sys
given = json.loads(sys.stdin.buffer.readline())
sys.path[:] = given["path"]
allowed = set(given["importable"]) | set(sys.stdlib_module_names)
class OnlyTheLayer:
    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
sys.meta_path.insert(0, OnlyTheLayer)
from fairlead.publishing.parity.layer_process_main import main
main()
"""


def prove_in_layer(
    spec: manifest.Engine,
    signature: Signature,
    blob: bytes,
    rows: Sequence[tuple[Any, ...]],
    expected: Answers,
    *,
    code: bytes = b"",
) -> None:
    """Check that the blob loads and gives the `expected` answers with the layer's packages alone.

    `code` is the zip of the publisher's own package. Raises EngineError with the reason.
    """
    different = differences()
    if different:
        raise EngineError(
            f"the sklearn engine serves only estimators fitted with its own versions; here: {', '.join(different)}",
            hint=f"fit and publish with Python {PYTHON} and "
            + ", ".join(f"{name}=={version}" for name, version in PINS.items()),
        )
    reply = _ask(LayerQuestion(spec=spec, signature=signature, blob=blob, code=code, rows=list(rows)))
    if reply.answers is None:
        raise EngineError(
            f"it does not load with the layer's packages alone: {reply.failure}",
            hint="build the model from classes and functions of scikit-learn, numpy, scipy and pandas; "
            "code of your own exists on Lambda only as a package given with --code",
        )
    found = difference(expected, reply.answers)
    if found:
        raise EngineError(f"its answers differ with the layer's packages alone: {found}")


def _ask(question: LayerQuestion) -> EngineReply:
    environment = {
        "path": [entry for entry in sys.path if entry],
        "importable": sorted({*IMPORTABLE, "fairlead", "msgspec"}),
    }
    given = msgspec.json.encode(environment) + b"\n" + encode(question)
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, with a program of our own
            [sys.executable, "-I", "-c", BOOTSTRAP], input=given, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return EngineReply(failure=f"no answer in {SECONDS} seconds")
    try:
        return decode(done.stdout, EngineReply)
    except CallError:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return EngineReply(failure=lines[-1][:300])
