"""Objects of the registry's bucket through boto3: get, create once, list.

Law: this module writes by `put_new` alone, which never overwrites an object.
"""

import base64
import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from fairlead.aws.clients import error_code, translated
from fairlead.errors import IntegrityError

CONFLICT_ATTEMPTS = 6
MOST_JSON = 32 * 1024 * 1024
"""Bytes of the largest manifest that is read: Fairlead writes none larger, and it would fill the memory."""

MOST_RECORD = 128 * 1024
"""Bytes of the largest journal record that is read: a reader may hold a thousand of them."""

EXISTS = frozenset({"PreconditionFailed", "412"})
CONFLICT = frozenset({"ConditionalRequestConflict", "409"})


class S3Objects:
    """One bucket. `client` is a boto3 S3 client, `sleep` takes seconds."""

    def __init__(self, client: Any, bucket: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bucket = bucket
        self._sleep = sleep

    def get(self, key: str) -> bytes:
        """Return the object's bytes; raises NotFoundError, StorageError, and IntegrityError for too large JSON."""
        with translated(f"read s3://{self._bucket}/{key} (s3:GetObject)"):
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            size = answer.get("ContentLength", 0)
            if key.endswith(".json") and size > (MOST_RECORD if key.startswith("journal/") else MOST_JSON):
                answer["Body"].close()
                raise IntegrityError(
                    f"s3://{self._bucket}/{key} has {size:,} bytes: Fairlead writes no JSON this large"
                )
            body: bytes = answer["Body"].read()
        return body

    def put_new(self, key: str, data: bytes) -> bool:
        """Create the object; returns False if the key exists. Raises StorageError."""
        with translated(f"create s3://{self._bucket}/{key} (s3:PutObject)"):
            return self._create(key, data)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield every key under the prefix after the key `after`, in S3's order; raises StorageError."""
        where = {"Bucket": self._bucket, "Prefix": prefix} | ({"StartAfter": after} if after else {})
        with translated(f"list s3://{self._bucket}/{prefix} (s3:ListBucket)"):
            pages = self._client.get_paginator("list_objects_v2").paginate(**where)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        """Yield key, size and ETag of every object under the prefix, in S3's order; raises StorageError."""
        with translated(f"list s3://{self._bucket}/{prefix} (s3:ListBucket)"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from ((one["Key"], one["Size"], one["ETag"].strip('"')) for one in page.get("Contents", ()))

    def part(self, key: str, start: int, stop: int, *, etag: str) -> bytes:
        """Return the object's bytes from `start` to before `stop`; raises IntegrityError if it has another ETag."""
        from botocore.exceptions import ClientError

        where = {"Bucket": self._bucket, "Key": key, "Range": f"bytes={start}-{stop - 1}", "IfMatch": etag}
        with translated(f"read s3://{self._bucket}/{key} (s3:GetObject)"):
            try:
                data: bytes = self._client.get_object(**where)["Body"].read()
            except ClientError as error:
                if error_code(error) in EXISTS:
                    raise IntegrityError(
                        f"s3://{self._bucket}/{key} changed while it was read", hint="run the command again"
                    ) from error
                raise
        return data

    def rewritten(self, prefix: str) -> list[str]:
        """Return every key under the prefix that was overwritten or deleted, by S3's versions and delete markers."""
        versions: Counter[str] = Counter()
        with translated(f"list versions in s3://{self._bucket}/{prefix} (s3:ListBucketVersions)"):
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                versions.update(entry["Key"] for entry in page.get("Versions", ()))
                versions.update({entry["Key"]: 2 for entry in page.get("DeleteMarkers", ())})
        return sorted(key for key, count in versions.items() if count > 1)

    def _create(self, key: str, data: bytes) -> bool:
        from botocore.exceptions import ClientError

        # S3 refuses a body that does not match this checksum, so a transfer error cannot create a blob.
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        for attempt in range(CONFLICT_ATTEMPTS):
            try:
                # put_object, because s3transfer's upload_file refuses IfNoneMatch.
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*", ChecksumSHA256=checksum
                )
            except ClientError as error:
                if error_code(error) in EXISTS:
                    return False
                # Another conditional write to this key is under way: S3 asks to try again.
                if error_code(error) not in CONFLICT or attempt == CONFLICT_ATTEMPTS - 1:
                    raise
                self._sleep(0.05 * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret
            else:
                return True
        raise AssertionError("the last attempt returns or raises")
