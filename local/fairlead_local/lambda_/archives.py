"""Zip archives of functions and layers: digest, sizes and unpacked files, unpacked once per digest."""

import base64
import hashlib
import io
import os
import shutil
import stat
import threading
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.errors import ServiceError

UNZIPPED_LIMIT = 262_144_000  # bytes, code and layers together


@dataclass(frozen=True)
class Archive:
    """One zip archive: SHA-256 in hex, size packed and unpacked (bytes), and the folder with its files."""

    digest: str
    size: int
    unzipped: int
    folder: Path

    @property
    def sha256(self) -> str:
        """The digest in base64, as Lambda shows it."""
        return base64.b64encode(bytes.fromhex(self.digest)).decode()


class Archives:
    """Unpacks archives below one directory."""

    STATE = ("_known",)

    def __init__(self, directory: Path, clients: Clients) -> None:
        self._directory = directory
        self._clients = clients
        self._lock = threading.Lock()
        self._known: dict[str, Archive] = {}

    def take(self, content: dict[str, Any]) -> Archive:
        """Read `ZipFile` or `S3Bucket`/`S3Key`; raises ServiceError for an archive that Lambda refuses."""
        data = self._bytes(content)
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if digest not in self._known:
                self._known[digest] = _unpack(data, digest, self._directory / digest)
            return self._known[digest]

    def overlay(self, layers: Sequence[Archive]) -> Path:
        """Return one folder with all layers' files; a later layer's file replaces an earlier one's, as in /opt."""
        if len(layers) == 1:
            return layers[0].folder
        name = hashlib.sha256("".join(layer.digest for layer in layers).encode()).hexdigest()
        target = self._directory / f"opt-{name}"
        with self._lock:
            if not target.exists():
                _merge([layer.folder for layer in layers], target)
        return target

    def _bytes(self, content: dict[str, Any]) -> bytes:
        if "ZipFile" in content:
            return bytes(content["ZipFile"])
        if "S3Bucket" not in content or "S3Key" not in content:
            raise ServiceError("InvalidParameterValueException", "Please provide a source for function code.")
        return self._download(content)

    def _download(self, content: dict[str, Any]) -> bytes:
        from botocore.exceptions import ClientError

        where = {"Bucket": content["S3Bucket"], "Key": content["S3Key"]}
        if content.get("S3ObjectVersion"):
            where["VersionId"] = content["S3ObjectVersion"]
        try:
            data: bytes = self._clients["s3"].get_object(**where)["Body"].read()
        except ClientError as error:
            failure = error.response["Error"]
            raise ServiceError(
                "InvalidParameterValueException",
                f"Error occurred while GetObject. S3 Error Code: {failure['Code']}. "
                f"S3 Error Message: {failure['Message']}",
            ) from error
        return data


def _unpack(data: bytes, digest: str, folder: Path) -> Archive:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ServiceError(
            "InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try again."
        ) from error
    unzipped = sum(entry.file_size for entry in archive.infolist())
    if unzipped >= UNZIPPED_LIMIT:
        raise ServiceError(
            "InvalidParameterValueException", f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes"
        )
    if not folder.exists():
        with _complete(folder) as aside:
            for entry in archive.infolist():
                path = Path(archive.extract(entry, aside))
                if not entry.is_dir() and (entry.external_attr >> 16) & stat.S_IXUSR:
                    path.chmod(0o755)
    return Archive(digest, len(data), unzipped, folder)


@contextmanager
def _complete(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill that gets this name when it is complete, unless another cloud was first."""
    aside = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
    aside.mkdir(parents=True)
    yield aside
    try:
        aside.replace(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(aside)


def _merge(folders: Sequence[Path], target: Path) -> None:
    with _complete(target) as aside:
        for folder in folders:
            shutil.copytree(folder, aside, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)
    os.link(source, target)
