"""The program of a booster's closed process: import the library, restrict itself, parse models, answer rows."""

import importlib
import os
import sys
from typing import IO

from fairlead.errors import one_line
from fairlead.publishing.boosters.booster_messages import BoosterQuestion, BoosterReply, pack, receive, send, unpack
from fairlead.publishing.boosters.native import LIBRARIES, Native, as_doubles
from fairlead.publishing.estimator_files import sandbox

MOST_BYTES = 1 << 33
NATIVE_STACK = "Stack trace:"
"""XGBoost puts its own addresses and paths behind the reason."""


def main(library: str, readable: list[str]) -> None:
    """Answer questions from standard input until it ends. What the library prints goes to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    importlib.import_module(library)
    importlib.import_module("scipy.sparse")
    sandbox.close(readable)
    _serve(library, sys.stdin.buffer, out)
    os._exit(0)  # skips exit handlers


def _serve(library: str, questions: IO[bytes], out: IO[bytes]) -> None:
    known: dict[str, Native] = {}
    while (question := receive(questions, BoosterQuestion, most=MOST_BYTES)) is not None:
        try:
            reply = _reply(library, question, known)
        except Exception as error:  # noqa: BLE001 - a library raises any exception for damaged models
            text, _, _ = one_line(error).partition(NATIVE_STACK)
            reply = BoosterReply(failure=text.strip() or type(error).__name__)
        send(out, reply)


def _reply(library: str, question: BoosterQuestion, known: dict[str, Native]) -> BoosterReply:
    if question.model is not None:
        known[question.digest] = LIBRARIES[library](question.model)
    native = known[question.digest]
    if question.rows is None:
        return BoosterReply(text=native.text())
    return BoosterReply(answers=pack(as_doubles(native.answer(unpack(question.rows), question.options))))
