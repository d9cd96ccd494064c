"""Bucket policies, and the three operations that put, get and delete one.

moto does not get them: it applies a Deny also when the statement's condition does not hold.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from fairlead_local.errors import ServiceError
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.identities import Caller
from fairlead_local.iam.policies import AccessRequest, Decision, Statement, decide, statements
from fairlead_local.iam.principals import names

PREFIX = "arn:aws:s3:::"
OPERATIONS = {"PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"}


@dataclass(frozen=True)
class _Policy:
    text: str
    statements: tuple[Statement, ...]


class BucketPolicies:
    """One policy per bucket."""

    STATE = ("_policies",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies: dict[str, _Policy] = {}

    def put(self, bucket: str, document: Mapping[str, Any]) -> None:
        """Set or replace a bucket's policy; raises KeyError, TypeError or ValueError for an invalid document."""
        policy = _Policy(json.dumps(document), statements(document))
        with self._lock:
            self._policies[bucket] = policy

    def remove(self, bucket: str) -> None:
        """Delete a bucket's policy."""
        with self._lock:
            self._policies.pop(bucket, None)

    def decide(self, caller: Caller, ask: AccessRequest) -> Decision:
        """Return the decision of the policy of the resource's bucket."""
        if ask.resource is None or not ask.resource.startswith(PREFIX):
            return "denied"
        policy = self._policies.get(ask.resource.removeprefix(PREFIX).partition("/")[0])
        mine = [statement for statement in policy.statements if names(statement.principals, caller)] if policy else []
        return decide(mine, ask)

    def answer(self, call: ApiCall) -> Response:
        """Answer one of OPERATIONS for an authorised caller; raises ServiceError."""
        bucket = call.text("Bucket")
        if call.operation == "PutBucketPolicy":
            try:
                self.put(bucket, json.loads(call.request.body))
            except (KeyError, TypeError, ValueError) as error:
                raise ServiceError("MalformedPolicy", f"This policy contains invalid Json: {error}") from error
        elif call.operation == "DeleteBucketPolicy":
            self.remove(bucket)
        elif bucket in self._policies:
            return Response(self._policies[bucket].text, content_type="application/json")
        else:
            raise ServiceError("NoSuchBucketPolicy", "The bucket policy does not exist", status=404)
        return Response(status=204)
