"""API Gateway's settings of the account."""

from typing import Any

from fairlead.aws import clients


def log_role(client: Any) -> str:
    """Return the ARN of the role with which API Gateway writes logs, empty if none is set; raises StorageError."""
    with clients.translated("read API Gateway's account settings (apigateway:GET)"):
        return str(client.get_account().get("cloudwatchRoleArn") or "")
