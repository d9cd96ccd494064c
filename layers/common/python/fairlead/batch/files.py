"""The places of inputs and results: a folder of this machine or a bucket, by one set of methods."""

import glob
import hashlib
import os
import re
import secrets
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from fairlead.errors import DataError, IntegrityError, NotFoundError, SettingsError, StorageError

LOCATION = "s3://BUCKET/PREFIX/ or a folder"


class Files(Protocol):
    """Files by key."""

    def matching(self, pattern: str) -> Iterator[tuple[str, int, str]]:
        """Yield key, size and ETag of the files that match, ascending; `*` is any text without a slash."""

    def part(self, key: str, start: int, stop: int, *, etag: str) -> bytes:
        """Return the bytes from `start` to before `stop`; raises IntegrityError if the file has another ETag."""

    def get(self, key: str) -> bytes:
        """Return the whole file; raises NotFoundError."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield every key under a prefix that ends with a slash."""

    def put_new(self, key: str, data: bytes) -> bool:
        """Create the file unless it exists, atomically; returns False if it exists."""

    def sha256(self, key: str) -> str:
        """Return the digest of a file's bytes."""

    def removal(self, key: str) -> str:
        """Return the command that removes a file, or a folder where the key ends with a slash."""


class LocalFiles:
    """Files of this machine; a key is a path."""

    def matching(self, pattern: str) -> Iterator[tuple[str, int, str]]:
        """Yield path, size and ETag of the files that match, ascending."""
        for path in sorted(glob.glob("*".join(map(glob.escape, pattern.split("*"))))):
            if not Path(path).is_dir():
                with _reading(path):
                    facts = _facts(Path(path))
                yield path, *facts

    def part(self, key: str, start: int, stop: int, *, etag: str) -> bytes:
        """Return the bytes from `start` to before `stop`."""
        with _reading(key), Path(key).open("rb") as file:
            file.seek(start)
            data = file.read(stop - start)
        if _facts(Path(key))[1] != etag:
            raise changed(key)
        return data

    def get(self, key: str) -> bytes:
        """Return the whole file; raises NotFoundError."""
        with _reading(key):
            return Path(key).read_bytes()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the path of every file in a folder."""
        folder = Path(prefix)
        return iter(sorted(str(path) for path in folder.iterdir() if path.is_file()) if folder.is_dir() else [])

    def put_new(self, key: str, data: bytes) -> bool:
        """Create the file: it gets its name when its bytes are on the disk. Returns False if the name is taken."""
        path = Path(key)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(
                f"cannot write {key}: {error.strerror}", hint="name another place with --output"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink()
        return True

    def sha256(self, key: str) -> str:
        """Return the digest of a file's bytes."""
        with _reading(key), Path(key).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def removal(self, key: str) -> str:
        """Return the command that removes a file, or a folder where the key ends with a slash."""
        return shlex.join(["rm", *(["-r"] if key.endswith("/") else []), key])


def changed(key: str) -> IntegrityError:
    """Return the error for an input that is not the one that was planned."""
    return IntegrityError(f"{key} changed after the job was planned", hint="run the command again: it plans a new job")


def located(text: str, *, bucket: Callable[[str], Files]) -> tuple[Files, str]:
    """Return the files of a location, and its key or pattern in them; `bucket` opens a bucket by its name."""
    if not text.startswith("s3://"):
        if re.match(r"[a-z0-9+.-]+://|s3:", text, re.IGNORECASE):
            raise SettingsError(f"{text} is no place that Fairlead reads or writes", hint=f"give {LOCATION}")
        return LocalFiles(), str(Path(text).absolute())
    name, _, key = text.removeprefix("s3://").partition("/")
    if not name:
        raise SettingsError(f"{text} names no bucket", hint=f"give {LOCATION}")
    return bucket(name), key


def matches(pattern: str, key: str) -> bool:
    """Return whether a key matches a pattern, whose `*` is any text without a slash."""
    return re.fullmatch("[^/]*".join(map(re.escape, pattern.split("*"))), key) is not None


def matching(files: Files, pattern: str) -> list[tuple[str, int, str]]:
    """Return key, size and ETag of the files that match; raises NotFoundError for none, DataError for empty ones."""
    found = list(files.matching(pattern))
    if not found:
        raise NotFoundError(f"no input matches {pattern}", hint="--input takes a name or a pattern such as rows/*.csv")
    if not any(size for _, size, _ in found):
        raise DataError(f"every input that matches {pattern} is empty")
    return [one for one in found if one[1]]


def _facts(path: Path) -> tuple[int, str]:
    """Return a file's size, and a text in place of S3's ETag."""
    stat = path.stat()
    return stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ino}"


@contextmanager
def _reading(key: str) -> Iterator[None]:
    """Translate the errors of reading a file."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {key}") from error
    except OSError as error:
        raise StorageError(f"cannot read {key}: {error.strerror}") from error
