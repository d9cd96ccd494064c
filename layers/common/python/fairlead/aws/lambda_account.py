"""Lambda's quotas of the account and region, and how much of them is used."""

from typing import Any

import msgspec

from fairlead.aws import clients


class LambdaAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Concurrent executions: all of the account, and those that no function reserves. Code storage in bytes, packed."""

    concurrency: int
    unreserved: int
    code_used: int
    code_limit: int


def read(client: Any) -> LambdaAccount:
    """Read GetAccountSettings through a boto3 client; raises StorageError."""
    with clients.translated("read Lambda's quotas (lambda:GetAccountSettings)"):
        settings = client.get_account_settings()
    limit, usage = settings["AccountLimit"], settings["AccountUsage"]
    return LambdaAccount(
        concurrency=limit["ConcurrentExecutions"],
        unreserved=limit["UnreservedConcurrentExecutions"],
        code_used=usage["TotalCodeSize"],
        code_limit=limit["TotalCodeSize"],
    )
