"""Lambda's quotas of the account, and how much of them is used."""

from typing import Any

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.lambda_.archives import UNZIPPED_LIMIT
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler

# AWS's defaults: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
CODE_STORAGE = 75 * 1024**3  # bytes, packed: every version of every function and layer
ZIPPED_LIMIT = 52_428_800  # bytes of an archive in a request


class AccountSettings:
    """The handler for the account."""

    def __init__(self, store: Store, variants: AwsVariants) -> None:
        self._store = store
        self._variants = variants

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {"GetAccountSettings": self.get}

    def get(self, _: dict[str, Any]) -> dict[str, Any]:
        """GetAccountSettings: limits, and the code storage in use."""
        with self._store.lock:
            functions = list(self._store.functions.values())
            versions = [one for function in functions for one in (function.latest, *function.versions.values())]
            layers = [one for numbers in self._store.layers.values() for one in numbers.values()]
            reserved = sum(function.reserved_concurrency or 0 for function in functions)
            used = sum(one.code.size for one in versions) + sum(one.code.size for one in layers)
        limits = {
            "TotalCodeSize": CODE_STORAGE,
            "CodeSizeUnzipped": UNZIPPED_LIMIT,
            "CodeSizeZipped": ZIPPED_LIMIT,
            "ConcurrentExecutions": self._variants.concurrency,
            "UnreservedConcurrentExecutions": self._variants.concurrency - reserved,
        }
        return {"AccountLimit": limits, "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(functions)}}
