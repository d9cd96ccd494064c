"""The sklearn layer's process, started once: it imports scikit-learn, and a fork of it answers each question.

It is the product's own program behind the product's own bar to other packages. A fresh process for each question spends
1.4 seconds of CPU on imports.
"""

import subprocess
import sys
from typing import IO

import msgspec

from fairlead.engines.layer_modules import IMPORTABLE
from fairlead.publishing.parity.layer_process import BOOTSTRAP
from fairlead.publishing.parity.messages import EngineReply, LayerQuestion, decode, encode

SERVE = """
import io, os
import numpy, pandas, sklearn.ensemble, sklearn.linear_model, sklearn.pipeline
inbox, outbox = sys.stdin.buffer, sys.stdout.buffer
while length := inbox.read(8):
    question = inbox.read(int.from_bytes(length))
    if os.fork():
        if os.wait()[1]:
            break
        continue
    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(question)), io.TextIOWrapper(io.BytesIO())
    printed = sys.stdout
    main()
    reply = printed.buffer.getvalue()
    outbox.write(len(reply).to_bytes(8) + reply)
    outbox.flush()
    os._exit(0)
"""


class LayerServer:
    """Answers LayerQuestions as `layer_process._ask` does."""

    def __init__(self) -> None:
        program = BOOTSTRAP.removesuffix("main()\n") + SERVE
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        allowed = sorted({*IMPORTABLE, "fairlead", "msgspec"})
        self._write(
            msgspec.json.encode({"path": [entry for entry in sys.path if entry], "importable": allowed}) + b"\n"
        )

    def ask(self, question: LayerQuestion) -> EngineReply:
        content = encode(question)
        self._write(len(content).to_bytes(8) + content)
        return decode(self._read(int.from_bytes(self._read(8))), EngineReply)

    def end(self) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait()

    def _write(self, content: bytes) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(content)
        pipe.flush()

    def _read(self, count: int) -> bytes:
        content = _pipe(self._process.stdout).read(count)
        assert len(content) == count, "the layer's process ended"
        return content


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe
    return pipe
