"""Ask boosters in closed processes: one for each library, without credentials, network or privileges.

The library parses the model there and nowhere else. This process trusts no reply: texts are read as data, and numbers
are compared by the proofs. A process lives as long as one publication, so models of different files never share one.
"""

import contextlib
import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from fairlead.errors import ModelFileError
from fairlead.publishing.boosters.booster_messages import (
    BoosterQuestion,
    BoosterReply,
    Matrix,
    pack,
    receive,
    send,
    unpack,
)
from fairlead.publishing.estimator_files import sandbox
from fairlead.publishing.estimator_files.closed_process import SYSTEM, environment, importable

SECONDS = 300
"""Wall-clock time of one question; the bound on the process's CPU time is lower."""
MOST_BYTES = 1 << 31
NAMES = {"catboost": "CatBoost", "lightgbm": "LightGBM", "xgboost": "XGBoost"}
BOOTSTRAP = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
from fairlead.publishing.boosters.closed_boosters_main import main
main(given["library"], given["readable"])
"""


class ClosedBooster:
    """One model of a library: `library` is the package that is imported, `model` its bytes."""

    def __init__(self, library: str, model: bytes) -> None:
        self._library, self._model = library, model
        self._digest = hashlib.sha256(model).hexdigest()

    def text(self) -> str:
        """Return the library's text of the model; raises ModelFileError where the library refuses it."""
        return self._ask(BoosterQuestion(digest=self._digest)).text

    def answer(self, rows: Any, options: dict[str, float | int | None]) -> np.ndarray[Any, Any]:
        """Return the answers to an array or a csr matrix of doubles; raises ValueError where the library refuses it."""
        reply = self._ask(BoosterQuestion(digest=self._digest, rows=pack(rows), options=options))
        if reply.failure:
            raise ValueError(reply.failure)
        answers = unpack(reply.answers or Matrix((0,), b""))
        if not isinstance(answers, np.ndarray) or answers.shape[:1] != (rows.shape[0],):
            raise ModelFileError(f"{NAMES[self._library]} did not answer row by row", hint="fit the model again")
        return answers

    def _ask(self, question: BoosterQuestion) -> BoosterReply:
        with _lock, sandbox.closed_memory():
            reply = _process(self._library).ask(question, self._model)
            if reply is None:
                _processes.pop(self._library).end()
                raise ModelFileError(
                    f"{NAMES[self._library]} took too much time or memory, or crashed, on this model",
                    hint="fit the model again, or a smaller one",
                )
        if reply.failure and question.rows is None:
            raise ModelFileError(
                f"{NAMES[self._library]} cannot read the model: {reply.failure[:300]}",
                hint="fit and publish the model again",
            )
        return reply


@contextlib.contextmanager
def closed_boosters() -> Iterator[None]:
    """End all processes of boosters before and after the block."""
    _end_all()
    try:
        yield
    finally:
        _end_all()


_lock = threading.Lock()
_processes: "dict[str, _Process]" = {}


def _process(library: str) -> "_Process":
    found = _processes.get(library)
    if found is None or not found.lives():
        found = _processes[library] = _Process(library)
    return found


def _end_all() -> None:
    with _lock:
        while _processes:
            _processes.popitem()[1].end()


class _Process:
    def __init__(self, library: str) -> None:
        check_installed(library)
        where = [entry for entry in sys.path if entry and importable(entry)]
        given = {"path": where, "library": library, "readable": [*where, sys.prefix, sys.base_prefix, *SYSTEM]}
        self._folder = tempfile.TemporaryDirectory()
        self._known: set[str] = set()
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter with BOOTSTRAP
            [sys.executable, "-I", "-B", "-c", BOOTSTRAP, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment(self._folder.name),
            start_new_session=True,
        )

    def ask(self, question: BoosterQuestion, model: bytes) -> BoosterReply | None:
        """Return the reply, with the model sent before its first question; None where the process ended."""
        if question.digest not in self._known:
            question = msgspec.structs.replace(question, model=model)
            self._known.add(question.digest)
        timer = threading.Timer(SECONDS, self._process.kill)
        timer.start()
        try:
            if self._process.stdin is None or self._process.stdout is None:
                return None
            send(self._process.stdin, question)
            return receive(self._process.stdout, BoosterReply, most=MOST_BYTES)
        except (OSError, msgspec.DecodeError):
            return None
        finally:
            timer.cancel()

    def lives(self) -> bool:
        """Return whether the process still runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def check_installed(library: str) -> None:
    """Raise ModelFileError where a library is missing."""
    if importlib.util.find_spec(library) is None:
        raise ModelFileError(
            f"the model was fitted with {NAMES[library]}, which is not installed here",
            hint=f"pip install 'fairlead[{library}]'",
        )
