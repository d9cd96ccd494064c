"""Asking an estimator in an interpreter where only what the sklearn layer holds can be imported.

It stands in for Lambda at publish: a class of the user's own, or a function of a notebook, is missing there too.
"""

import base64
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.engines import Answers
from fairlead.engines.sklearn_layer import IMPORTABLE, PINS, PYTHON, differences
from fairlead.errors import EngineError
from fairlead.model import manifest
from fairlead.model.signature import Signature
from fairlead.publishing.parity.compare import difference

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


class Question(msgspec.Struct, frozen=True):
    """What the interpreter is asked: an engine with its blob (base64), a signature, rows."""

    spec: manifest.Engine
    signature: Signature
    blob: str
    rows: list[list[Any]]


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """Its answers, or why there are none."""

    answers: Answers | None = None
    failure: str = ""


def prove_in_layer(
    spec: manifest.Engine, signature: Signature, blob: bytes, rows: Sequence[tuple[Any, ...]], expected: Answers
) -> None:
    """Prove that the blob loads and answers as expected with the layer's packages alone; raises EngineError."""
    different = differences()
    if different:
        raise EngineError(
            f"the sklearn engine runs only what its own versions made; here: {', '.join(different)}",
            hint=f"fit and publish with Python {PYTHON} and "
            + ", ".join(f"{name}=={version}" for name, version in PINS.items()),
        )
    reply = _ask(Question(spec, signature, base64.b64encode(blob).decode(), [list(row) for row in rows]))
    if reply.answers is None:
        raise EngineError(
            f"it does not load with the layer's packages alone: {reply.failure}",
            hint="build the model from classes and functions of scikit-learn, numpy, scipy and pandas; "
            "code of your own, or of a notebook, does not exist on Lambda",
        )
    found = difference(expected, reply.answers)
    if found:
        raise EngineError(f"it answers otherwise with the layer's packages alone: {found}")


def _ask(question: Question) -> Reply:
    environment = {
        "path": [entry for entry in sys.path if entry],
        "importable": sorted({*IMPORTABLE, "fairlead", "msgspec"}),
    }
    lines = msgspec.json.encode(environment) + b"\n" + msgspec.json.encode(question)
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, with a program of our own
            [sys.executable, "-I", "-c", BOOTSTRAP], input=lines, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Reply(failure=f"no answer in {SECONDS} seconds")
    try:
        return msgspec.json.decode(done.stdout, type=Reply)
    except msgspec.DecodeError:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return Reply(failure=said[-1][:300])
