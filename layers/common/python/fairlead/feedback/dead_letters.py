"""What cannot be taken is set aside in S3, where people and `fairlead redrive` find it.

setaside/<sha256>.json           a record that will never be understood, what it came from, and why
aws/lambda/async/<function>/…    events that the function failed on to the last try, put there by Lambda:
                                 https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects


class SetAside:
    """One bucket, through a boto3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._objects = S3Objects(client, bucket)

    def keep(self, record: Mapping[str, Any], why: str) -> str:
        """Set a record aside, once however often it comes; returns its key. Raises StorageError."""
        # The json module also spells what is no valid Unicode, which a log may hold.
        data = json.dumps(record, sort_keys=True)
        key = f"setaside/{hashlib.sha256(data.encode()).hexdigest()}.json"
        self._objects.put_new(key, json.dumps({"why": why, "record": record}, indent=1).encode())
        return key

    def failed(self, function: str) -> list[str]:
        """List the events that a function failed on, oldest first: Lambda's keys begin with the time."""
        return sorted(self._objects.keys(f"aws/lambda/async/{function}/"))

    def read(self, key: str) -> bytes:
        """Return an object's bytes; raises NotFoundError, StorageError."""
        return self._objects.get(key)

    def done(self, key: str) -> None:
        """Remove an event that is done with; raises StorageError."""
        with clients.translated(f"delete s3://{self._bucket}/{key} (s3:DeleteObject)"):
            self._client.delete_object(Bucket=self._bucket, Key=key)
