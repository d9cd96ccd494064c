"""The program of the sklearn layer's process: load the blob, answer the rows, write the reply to standard output."""

import sys

from fairlead import engines
from fairlead.errors import one_line
from fairlead.publishing.parity.messages import EngineReply, LayerQuestion, decode, encode


def main() -> None:
    """Answer one LayerQuestion from standard input with one EngineReply."""
    question = decode(sys.stdin.buffer.read(), LayerQuestion)
    out, sys.stdout = sys.stdout, sys.stderr  # a library's prints must not mix with the reply
    reply = _reply(question)
    out.buffer.write(encode(reply))


def _reply(question: LayerQuestion) -> EngineReply:
    try:
        engine = engines.load(question.spec, question.signature, question.blob, question.code)
        return EngineReply(answers=engine.answer(question.rows))
    except Exception as error:  # noqa: BLE001 - loading and predicting may raise anything
        return EngineReply(failure=one_line(error))
