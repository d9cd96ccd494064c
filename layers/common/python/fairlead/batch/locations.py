"""Opens the places that a job names: folders of this machine, and buckets through boto3."""

import base64
import hashlib
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.batch.files import Files, located, matches
from fairlead.errors import SettingsError

CONNECTIONS = 32
"""More than the threads that plan and count at once."""


def open_place(text: str) -> tuple[Files, str]:
    """Return the files of a location and the key or pattern in them; raises SettingsError."""
    return located(text, bucket=open_bucket)


def open_results(text: str) -> tuple[Files, str]:
    """Return the files of an output and its folder, which is empty or ends with a slash; raises SettingsError."""
    if "*" in text:
        raise SettingsError(f"{text} is a pattern", hint="--output names one folder, without *")
    files, folder = open_place(text)
    if not text.startswith("s3://") and Path(folder).is_file():
        raise SettingsError(f"{text} is a file", hint="--output names a folder: give another name")
    return files, folder if not folder or folder.endswith("/") else f"{folder}/"


class Bucket(S3Objects):
    """The objects of a bucket, as `Files` has them."""

    def matching(self, pattern: str) -> Iterator[tuple[str, int, str]]:
        """Yield key, size and ETag of the objects that match, in S3's order."""
        with self._named():
            yield from (one for one in self.sizes(pattern.partition("*")[0]) if matches(pattern, one[0]))

    def get(self, key: str) -> bytes:
        """Return the object's bytes, whatever its size: a plan of many chunks is larger than the registry's JSON.

        Raises NotFoundError, StorageError, and SettingsError for no such bucket.
        """
        with self._named(), clients.translated(f"read s3://{self._bucket}/{key} (s3:GetObject)"):
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def sha256(self, key: str) -> str:
        """Return the digest of an object's bytes: S3 has it of what was created with it, and checks the bytes by it."""
        with clients.translated(f"read s3://{self._bucket}/{key} (s3:GetObject)"):
            found = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        kept = found.get("ChecksumSHA256", "-")
        if "-" in kept:  # of a copy: without a digest, or with one of its parts' digests
            return hashlib.sha256(self.get(key)).hexdigest()
        return base64.b64decode(kept).hex()

    def removal(self, key: str) -> str:
        """Return the command that removes an object, or a folder where the key ends with a slash."""
        whole = ["--recursive"] if key.endswith("/") else []
        return shlex.join(["aws", "s3", "rm", *whole, f"s3://{self._bucket}/{key}"])

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the bucket where it does not exist: it is the user's, and not the stack's."""
        try:
            yield
        except SettingsError as error:
            if error.__cause__ is None or clients.error_code(error.__cause__) != "NoSuchBucket":
                raise
            hint = "check the names in --input and --output, and the region"
            raise SettingsError(f"bucket {self._bucket} does not exist", hint=hint) from error


def open_bucket(name: str) -> Files:
    """Open a bucket."""
    return Bucket(clients.client("s3", connections=CONNECTIONS), name)
