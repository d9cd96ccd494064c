"""One boto3 session for tests on moto: with new sessions, each client would read botocore's models again."""

from functools import cache
from typing import Any

import boto3

REGION = "eu-west-1"


@cache
def _session() -> boto3.Session:
    return boto3.Session("test", "test", region_name=REGION)


def connect(service: str) -> Any:
    """A new client, with event handlers of its own; to be made while mock_aws is on."""
    create: Any = _session().client
    return create(service)
