"""Opens boto3 clients and sessions, and translates botocore's errors into Fairlead's.

boto3 reads region, credentials, profile and AWS_ENDPOINT_URL as it always does.
"""

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fairlead.errors import FairleadError, NotFoundError, SettingsError, StorageError

ABSENT = frozenset({"NoSuchKey", "ResourceNotFoundException", "404"})
REFUSED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthorizationError",
        "UnauthorizedOperation",
        "403",
    }
)
ACTION = re.compile(r"\(([a-z-]+:\w+)\)")
BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
NO_REGION = "set AWS_DEFAULT_REGION, or a region in your AWS profile"
OTHER_REGION = "check AWS_DEFAULT_REGION, the region of your AWS profile, and AWS_ENDPOINT_URL"
OTHER_STACK = "check --stack, FAIRLEAD_STACK and the region"
CREDENTIALS = {
    "SignatureDoesNotMatch": "the secret access key does not belong to the access key, or this clock is wrong: ",
    "InvalidSignatureException": "the secret access key does not belong to the access key, or this clock is wrong: ",
    "ExpiredToken": "sign in again: ",
    "ExpiredTokenException": "sign in again: ",
}


def client(
    service: str,
    *,
    connect_timeout: float = 5,
    read_timeout: float = 60,
    attempts: int = 5,
    connections: int = 10,
) -> Any:
    """Open a boto3 client with bounded retries; raises SettingsError when boto3 lacks a region or a profile.

    `connections` is the size of the connection pool: one for each thread that uses the client.
    """
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_pool_connections=connections,
    )
    doing = f"open the client of {service}"
    opened = session()
    if opened.region_name == "":  # botocore would make addresses without one
        raise SettingsError(f"could not {doing}: the region is empty", hint=NO_REGION)
    with translated(doing):
        try:
            return opened.client(service, config=config)
        except ValueError as error:  # botocore's own for an address without http:// or https://
            raise SettingsError(
                f"could not {doing}: {error}", hint="check AWS_ENDPOINT_URL: an address begins with http:// or https://"
            ) from error


def session(
    access_key: str | None = None, secret_key: str | None = None, token: str | None = None, *, region: str | None = None
) -> Any:
    """Open a boto3 session with the given keys, or with the credentials that boto3 finds now.

    boto3's default session would keep a notebook's first credentials. Sessions share botocore's own event handlers and
    one loader of service descriptions: each would otherwise take 0.1 s and megabytes.
    """
    import boto3
    from botocore.session import Session

    handlers, descriptions = _shared()
    made = Session(event_hooks=copy.copy(handlers), include_builtin_handlers=False)
    made.register_component("data_loader", descriptions)
    return boto3.Session(access_key, secret_key, token, region, botocore_session=made)


@functools.cache
def _shared() -> tuple[Any, Any]:
    """Return the event handlers of every botocore session, and the loader of service descriptions."""
    from botocore.hooks import HierarchicalEmitter
    from botocore.session import Session

    handlers = HierarchicalEmitter()
    first = Session(event_hooks=handlers)  # registers them
    return handlers, first.get_component("data_loader")


def caller() -> str:
    """Return the ARN of the caller's user or assumed role; raises StorageError, SettingsError."""
    with translated("read your identity (sts:GetCallerIdentity)"):
        return str(client("sts").get_caller_identity()["Arn"])


@contextmanager
def translated(doing: str, *, otherwise: type[FairleadError] = StorageError) -> Iterator[None]:
    """Translate botocore's errors: `doing` completes "could not …"; `otherwise` is the class of all other errors.

    A missing resource raises NotFoundError; missing or invalid credentials, region or bucket raise SettingsError.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _from_answer(error.response, doing, otherwise) from error
    except BotoCoreError as error:
        raise _without_answer(error, doing, otherwise) from error


def error_code(error: BaseException) -> str:
    """Return the service's error code of a ClientError, such as `PreconditionFailed`; empty for other errors."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def refused_action(error: FairleadError) -> str:
    """Return the IAM action that AWS refused, which `translated` names in brackets; empty for any other error."""
    found = ACTION.search(str(error))
    return found[1] if found and error.__cause__ and error_code(error.__cause__) in REFUSED else ""


def _from_answer(response: Mapping[str, Any], doing: str, otherwise: type[FairleadError]) -> FairleadError:
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", "")).partition("\n")[0].rstrip(". ")
    said = f"could not {doing}: {code}" + (f", {message}" if message else "")
    if code == "NoSuchBucket":
        return SettingsError(said, hint="check FAIRLEAD_BUCKET, --stack and the region")
    if code in ABSENT:
        return NotFoundError(said, hint=OTHER_STACK if code == "ResourceNotFoundException" else "")
    if code in BAD_CREDENTIALS and "valid region" in message:
        return SettingsError(said, hint=OTHER_REGION)
    if code in BAD_CREDENTIALS:
        return SettingsError(
            said, hint=f"{CREDENTIALS.get(code, '')}`aws sts get-caller-identity` shows whose credentials these are"
        )
    if code in REFUSED:
        return otherwise(
            said,
            hint="your role needs this permission: the stack's outputs CallerPolicyArn, PublisherPolicyArn, "
            "OperatorPolicyArn and BatchPolicyArn name policies that grant it (S3 also answers this for a missing "
            "object to a role without s3:ListBucket)",
        )
    return otherwise(said)


def _without_answer(error: Exception, doing: str, otherwise: type[FairleadError]) -> FairleadError:
    from botocore import exceptions as botocore

    said = f"could not {doing}: {str(error).rstrip('. ')}"
    if isinstance(error, botocore.NoRegionError):
        return SettingsError(said, hint=NO_REGION)
    if isinstance(error, botocore.NoCredentialsError | botocore.PartialCredentialsError | botocore.SSOError):
        return SettingsError(
            said,
            hint="sign in (`aws sso login`, `aws configure`) or, for the local cloud, `source .fairlead/local.env`",
        )
    if isinstance(error, botocore.ProfileNotFound):
        return SettingsError(said, hint="check AWS_PROFILE")
    if isinstance(error, botocore.HTTPClientError | botocore.EndpointConnectionError):
        return otherwise(said, hint="check the network and AWS_ENDPOINT_URL; is the local cloud up?")
    return otherwise(said)
