"""What the isolated interpreter runs: load the blob, answer the rows, say so on standard output."""

import base64
import sys

import msgspec

from fairlead import engines
from fairlead.publishing.parity.layer_process import Question, Reply


def main() -> None:
    """Answer one Question from standard input with one Reply."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    out, sys.stdout = sys.stdout, sys.stderr
    reply = _reply(question)
    out.buffer.write(msgspec.json.encode(reply))


def _reply(question: Question) -> Reply:
    try:
        engine = engines.load(question.spec, question.signature, base64.b64decode(question.blob))
        return Reply(answers=engine.answer([tuple(row) for row in question.rows]))
    except Exception as error:  # noqa: BLE001 - unpickling and predicting may raise anything
        return Reply(failure=" ".join(str(error).split())[:300] or type(error).__name__)
