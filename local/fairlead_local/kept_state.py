"""The state of a cloud in one file, with which the next cloud continues.

The file is a pickle of the services' own records, and moto's, behind an HMAC (RFC 2104). Its key lies in the user's own
folder, readable by the user alone, so no byte of a file that this user's cloud did not write is unpickled.
"""

import hashlib
import hmac
import io
import json
import os
import pickle
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from fairlead_local.account import ACCOUNT
from fairlead_local.errors import KeptStateError, LocalCloudError
from fairlead_local.lambda_.archives import Archive

MOTO = ("dynamodb", "iam", "logs", "s3", "sns", "sts")
"""moto's services that the cloud uses; the others are the cloud's own."""
LOCKS: dict[type, Any] = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}
MAC = hashlib.sha256


class HasState(Protocol):
    """A part of the cloud."""

    @property
    def STATE(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the class
        """The names of the attributes that the next cloud continues with."""


Parts = Mapping[str, HasState]


@dataclass(frozen=True)
class KeptState:
    """The state of a cloud that stopped: `offset` of its clock, the values of its parts, and moto's records."""

    offset: float
    parts: dict[str, dict[str, Any]]
    moto: dict[tuple[str, str], Any]

    def restore(self, parts: Parts) -> None:
        """Restore the kept state into a new cloud's parts and into moto."""
        for name, values in self.parts.items():
            vars(parts[name]).update(values)
        for (service, region), backend in self.moto.items():
            _backends(service)[region] = backend


def save(file: Path, parts: Parts, *, offset: float) -> None:
    """Write the state of a cloud that answers no request any more; the file before stays until this one is whole."""
    moto = {(service, region): backend for service in MOTO for region, backend in _backends(service).items()}
    values = {name: {one: getattr(part, one) for one in part.STATE} for name, part in parts.items()}
    written = io.BytesIO()
    _Pickler(written, pickle.HIGHEST_PROTOCOL).dump(KeptState(offset, values, moto))
    payload = written.getbuffer()
    header = json.dumps(_versions()).encode() + b"\n"
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with _own(partial) as opened:  # it has access keys
        opened.write(_mac(header, payload))
        opened.write(header)
        opened.write(payload)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(file)


def load(file: Path, archives: Path) -> KeptState:
    """Read a state; `archives` is the folder of the unpacked archives. Raises KeptStateError."""
    data = memoryview(file.read_bytes())
    size = MAC().digest_size
    mac, rest = data[:size], data[size:]
    header, payload = _split(rest)
    if not hmac.compare_digest(bytes(mac), _mac(header, payload)):
        raise KeptStateError(f"{file} was not written by a local cloud of this user, or was changed since")
    made_by, here = json.loads(header), _versions()
    differing = [f"{name} {made_by.get(name)}, here {here[name]}" for name in here if made_by.get(name) != here[name]]
    if differing:
        raise KeptStateError(f"{file} was written by other versions: {'; '.join(differing)}")
    found: KeptState = _Unpickler(io.BytesIO(payload), archives).load()
    return found


class _Pickler(pickle.Pickler):
    """Writes locks as new ones, and an archive without its folder, so that all may be moved to another place."""

    def reducer_override(self, given: Any) -> Any:
        made = LOCKS.get(type(given))
        return (made, ()) if made else NotImplemented

    def persistent_id(self, given: Any) -> Any:
        return (given.digest, given.size, given.unzipped) if isinstance(given, Archive) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, archives: Path) -> None:
        super().__init__(file)
        self._archives = archives

    def persistent_load(self, given: Any) -> Archive:
        digest, size, unzipped = given
        return Archive(digest, size, unzipped, self._archives / digest)


def _split(data: memoryview) -> tuple[bytes, memoryview]:
    """Return the header, which is one line, and what follows it."""
    end = bytes(data[:1000]).find(b"\n") + 1
    return bytes(data[:end]), data[end:]


def _versions() -> dict[str, str]:
    """Return the versions that the records' form depends on."""
    return {name: version(name) for name in ("fairlead", "moto")}


def _backends(service: str) -> Any:
    from moto.backends import get_backend

    return get_backend(service)[ACCOUNT]  # type: ignore[call-overload]  # the names are not literals here


def _mac(header: bytes, payload: memoryview) -> bytes:
    made = hmac.new(_key(), header, MAC)
    made.update(payload)
    return made.digest()


def check_key() -> None:
    """Raise LocalCloudError if the user has no key and none can be made. This is checked before the cloud starts."""
    try:
        _key()
    except OSError as error:
        raise LocalCloudError(
            f"the key of kept states cannot be made or read: {error}",
            hint="set XDG_STATE_HOME to a folder that you may write to",
        ) from error


def _own(file: Path) -> BinaryIO:
    """Create a file that its user alone may read; raises FileExistsError."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _key() -> bytes:
    """Return the user's key; the first call creates it."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "fairlead"
    file = folder / "local.key"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"local.key.{secrets.token_hex(8)}"
        with _own(partial) as opened:
            opened.write(secrets.token_bytes(32))
        try:
            os.link(partial, file)  # two clouds that start at once have one key
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return file.read_bytes()
