"""Messages between a publisher and the process that runs an engine for it: questions, replies and their encoding.

Messages are MessagePack, because JSON has no infinities and does not tell 1.0 from 1. Lambda carries only JSON, so the
bytes travel to the prove function in base64.
"""

import base64
from typing import Any, TypeVar

import msgspec

from fairlead.errors import CallError
from fairlead.gate.evidence import Budget
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.manifest import Blob
from fairlead.model.signature import Signature

Row = tuple[Any, ...]
Message = TypeVar("Message", bound=msgspec.Struct)


class LayerQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the sklearn layer's process: an engine with its blob and own code, its signature, and rows to answer."""

    spec: manifest.Engine
    signature: Signature
    blob: bytes
    code: bytes = b""
    rows: list[Row]


class GraphQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the prove function: rows for a graph of the registry; `measure` asks for the graph's cost instead."""

    blob: Blob
    spec: manifest.Engine
    signature: Signature
    rows: list[Row]
    measure: bool = False
    golden: Golden | None = None


class EngineReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answers; or the positions of `refused` rows with the `reason`; or a `budget`; or the `failure` of the engine."""

    answers: Answers | None = None
    refused: tuple[int, ...] = ()
    reason: str = ""
    budget: Budget | None = None
    failure: str = ""


def encode(message: msgspec.Struct) -> bytes:
    """Encode a message as MessagePack."""
    return msgspec.msgpack.encode(message)


def decode(data: bytes, kind: type[Message]) -> Message:
    """Decode a message; raises CallError for anything else."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise CallError(f"the message is not a {kind.__name__}: {error}") from error


def pack(message: msgspec.Struct) -> dict[str, str]:
    """Return a message as the JSON object that Lambda carries."""
    return {"packed": base64.b64encode(encode(message)).decode()}


def unpack(document: Any, kind: type[Message]) -> Message:
    """Return the message in a JSON object; raises CallError for anything else."""
    try:
        data = base64.b64decode(document["packed"])
    except (KeyError, TypeError, ValueError) as error:
        raise CallError(f"the message is not a packed {kind.__name__}: {error}") from error
    return decode(data, kind)
