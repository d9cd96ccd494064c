"""Bucket policies. moto must not see them: it takes a Deny whose condition does not hold for a Deny."""

import threading
from collections.abc import Mapping
from typing import Any

from fairlead_local.access.identities import Caller
from fairlead_local.access.policies import Ask, Statement, Verdict, statements, verdict
from fairlead_local.access.principals import names


class BucketPolicies:
    """One policy per bucket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies: dict[str, tuple[Statement, ...]] = {}

    def put(self, bucket: str, document: str | Mapping[str, Any]) -> None:
        """Set a bucket's policy, replacing the old one."""
        parsed = statements(document)
        with self._lock:
            self._policies[bucket] = parsed

    def remove(self, bucket: str) -> None:
        """Forget it."""
        with self._lock:
            self._policies.pop(bucket, None)

    def verdict(self, caller: Caller, ask: Ask) -> Verdict:
        """What the policy of the resource's bucket says."""
        if ask.resource is None or not ask.resource.startswith("arn:aws:s3:::"):
            return "denied"
        bucket = ask.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        mine = [s for s in self._policies.get(bucket, ()) if names(s.principals, caller)]
        return verdict(mine, ask)
