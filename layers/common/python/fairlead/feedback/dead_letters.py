"""The dead-letter bucket: records that cannot be processed, for operators and `fairlead redrive`.

setaside/<sha256>.json           a malformed record, its source and the reason
aws/lambda/async/<function>/…    events on which the function failed in every attempt, written by Lambda:
                                 https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects


class DeadLetters:
    """The dead-letter bucket, through a boto3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._objects = S3Objects(client, bucket)

    def keep(self, record: Mapping[str, Any], why: str) -> str:
        """Write a record and the reason, idempotently; returns its key. Raises StorageError."""
        # The json module, because it also encodes invalid Unicode, which a log may hold.
        data = json.dumps(record, sort_keys=True)
        key = f"setaside/{hashlib.sha256(data.encode()).hexdigest()}.json"
        self._objects.put_new(key, json.dumps({"why": why, "record": record}, indent=1).encode())
        return key

    def failed(self, function: str) -> list[str]:
        """Return the keys of events on which a function failed, oldest first: Lambda's keys begin with the time."""
        return sorted(self._objects.keys(f"aws/lambda/async/{function}/"))

    def read(self, key: str) -> bytes:
        """Return an object's bytes; raises NotFoundError, StorageError."""
        return self._objects.get(key)

    def done(self, key: str) -> None:
        """Delete a processed event; raises StorageError."""
        with clients.translated(f"delete s3://{self._bucket}/{key} (s3:DeleteObject)"):
            self._client.delete_object(Bucket=self._bucket, Key=key)
