"""Opens hostile files in a watched process, and reports whether code ran, how it ended, and how long it took.

It takes the steps of the closed process without its sandbox, which would hide an act that it stops; then it asks the
estimator for answers. One process opens many files; after a crash the next file starts a new one. Python's audit hook
reports every access to files, network and processes.
"""

import contextlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import FairleadError, ModelFileError
from fairlead.publishing.boosters import estimators  # noqa: F401 - importing it later would look like an act of a file
from fairlead.publishing.estimator_files import closed_process_main
from fairlead.publishing.input import archive
from fairlead.publishing.input.estimator_checks import check_estimator
from testkit.hostile.forge import CANARY

SECONDS = 20
MEMORY = 4 << 30
SMALL = 128 << 20
ACTS = (
    *("os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn", "subprocess.Popen", "os.mkdir"),
    *("os.remove", "os.rename", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate", "shutil.", "socket."),
    *("ctypes.dlopen", "urllib.Request", "webbrowser.open", "sqlite3.connect", "exec", "compile"),
)


class Outcome(NamedTuple):
    """The result for a file: `ended` is refused, answered, raised, killed, slow or acted; with its message."""

    ended: str
    said: str
    seconds: float


Case = tuple[str, bytes, Any]
"""A name, bytes, and rows to answer if the file opens."""
Step = Callable[[bytes], Any]
"""Makes an estimator from bytes."""


def open_files(files: Sequence[Case]) -> dict[str, Outcome]:
    """Open model files."""
    return _opened(files, _from_file)


def open_documents(documents: Sequence[Case]) -> dict[str, Outcome]:
    """Open estimators in data form, as predict, retrain and a release do."""
    return _opened(documents, _from_document)


def _opened(cases: Sequence[Case], step: Step) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    while len(outcomes) < len(cases):
        _one_process(cases, step, outcomes)
    return outcomes


def _one_process(cases: Sequence[Case], step: Step, outcomes: dict[str, Outcome]) -> None:
    """Open the remaining cases in one child process, until a case ends it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _watched(lambda: _child(cases[len(outcomes) :], step, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as lines:
        began = time.monotonic()
        for line in lines:
            ended, _, said = line.decode().rstrip("\n").partition("\t")
            outcomes[cases[len(outcomes)][0]] = Outcome(ended, said, time.monotonic() - began)
            began = time.monotonic()
    _, status = os.waitpid(child, 0)
    if len(outcomes) < len(cases):
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        ended = "slow" if number == signal.SIGALRM else "killed"
        outcomes[cases[len(outcomes)][0]] = Outcome(ended, f"signal {number}", time.monotonic() - began)


def _watched(run: Callable[[], None]) -> None:
    try:
        run()
    except BaseException:  # noqa: BLE001 - the child of a fork must end here, not in the test that forked it
        traceback.print_exc()
    finally:
        os._exit(1)


def _child(cases: Sequence[Case], step: Step, writing: int) -> None:
    archive.LARGEST_MODEL = SMALL  # a bomb that unpacks to a gigabyte would be slow
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    acts: list[str] = []
    watching = [False]
    sys.addaudithook(lambda event, arguments: _note(event, arguments, acts) if watching[0] else None)
    for _, content, rows in cases:
        signal.alarm(SECONDS)
        acts.clear()
        watching[0] = True
        ended, said = _open(step, content, rows)
        watching[0] = False
        signal.alarm(0)
        if acts or Path(CANARY).exists():
            ended, said = "acted", "; ".join(acts[:3]) or "the canary is there"
            with contextlib.suppress(OSError):
                os.remove(CANARY)
        os.write(writing, f"{ended}\t{' '.join(said.split())[:300]}\n".encode(errors="replace"))


def _note(event: str, arguments: Any, acts: list[str]) -> None:
    if event.startswith(ACTS) and not _own(event, arguments):
        acts.append(f"{event} {arguments!r}"[:200])


def _own(event: str, arguments: Any) -> bool:
    """Return whether Python itself caused an event: by importing a module, or by starting the child interpreter."""
    if event in ("exec", "compile"):
        return not str(arguments[-1]).startswith(("<unknown>", "<string>"))
    return event == "subprocess.Popen" and arguments[0] == sys.executable


def _from_file(content: bytes) -> Any:
    reply = closed_process_main._reply(content, "model.joblib")
    if reply.failure:
        raise ModelFileError(reply.failure, hint=reply.hint)
    return read(reply.data).estimator


def _from_document(content: bytes) -> Any:
    estimator = read(content).estimator
    check_estimator(estimator)
    return estimator


def _open(step: Step, content: bytes, rows: Any) -> tuple[str, str]:
    try:
        estimator = step(content)
    except FairleadError as refusal:
        return "refused", f"{refusal} | {refusal.hint}"
    except BaseException as error:  # noqa: BLE001 - anything but a refusal is what this looks for
        return "raised", f"{type(error).__name__}: {error}"
    try:
        if rows is not None:
            estimator.predict(rows)
    except Exception as error:  # noqa: BLE001 - it opened, and may still not answer
        return "answered", f"{type(error).__name__}: {error}"
    return "answered", ""
