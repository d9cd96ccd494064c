"""Users and policies of the tests of IAM, and the bucket that they read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import Credentials, LocalCloud

BUCKET = "access-tests"
ARN = f"arn:aws:s3:::{BUCKET}"
ACCOUNT = "123456789012"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def clients(cloud: LocalCloud, keys: Credentials, token: str | None = None) -> Clients:
    return Clients(cloud.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key, token=token)


def refused(work: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    """Code, status and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        work(**parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def read(of: Clients, key: str = "k") -> bytes:
    return bytes(of["s3"].get_object(Bucket=BUCKET, Key=key)["Body"].read())
