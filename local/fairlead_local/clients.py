"""boto3 clients for the local cloud's endpoint, created once per service."""

import secrets
from typing import Any

from fairlead_local.account import REGION

# The key of the cloud's own calls, with all rights; it is known in this process only.
INTERNAL_KEY = f"internal-{secrets.token_hex(16)}"


LONGEST_CALL = 960
"""Seconds: a function may run for 900."""


class Clients:
    """Creates clients for one endpoint: `clients["s3"]` is boto3's S3 client."""

    def __init__(
        self, endpoint: str, *, access_key: str = INTERNAL_KEY, secret_key: str = INTERNAL_KEY, token: str | None = None
    ) -> None:
        self.endpoint = endpoint
        self.keys = (access_key, secret_key, token)
        self._made: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        from fairlead.aws import clients

        # Each client has a session of its own: creating clients from a shared session is not thread-safe.
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            max_pool_connections=50,
            read_timeout=LONGEST_CALL,
        )
        return clients.session(*self.keys, region=REGION).client(service, endpoint_url=self.endpoint, config=config)
