"""The credentials of a signed request: from the Authorization header, or from the query of a presigned S3 URL.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl

from fairlead_local.http_message import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]*)")
Kind = Literal["missing", "incomplete", "unknown", "expired", "signature", "clock"]


class UnauthenticatedError(Exception):
    """The request has no valid signature; `kind` says why, and each service has its own error code for it."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message


@dataclass(frozen=True)
class RequestCredentials:
    """The parts of a Signature Version 4: access key, scope, signed headers, signature and time."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: datetime
    token: str | None
    lifetime: timedelta | None = None  # of a presigned URL

    @property
    def presigned(self) -> bool:
        """Whether they come from the query."""
        return self.lifetime is not None


def read_credentials(request: HttpRequest) -> RequestCredentials:
    """Return a request's credentials; raises UnauthenticatedError for none and for malformed ones."""
    header = request.header("Authorization")
    if header:
        return _from_header(request, header)
    if "X-Amz-Signature=" in request.query:
        return _from_query(request)
    raise UnauthenticatedError("missing", "Missing Authentication Token")


def _from_header(request: HttpRequest, header: str) -> RequestCredentials:
    if not header.startswith(ALGORITHM):
        first = header.rsplit(" ", maxsplit=1)[-1]
        message = f"'{first}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
        raise UnauthenticatedError("incomplete", message)
    fields = dict(FIELD.findall(header))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    if missing:
        wants = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise UnauthenticatedError("incomplete", f"{wants} Authorization={header}")
    key, date, region, service = _scope(fields["Credential"])
    try:
        moment = _moment(request.header("X-Amz-Date") or "")
    except ValueError as error:
        message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise UnauthenticatedError("incomplete", f"{message} Authorization={header}") from error
    signed = tuple(fields["SignedHeaders"].split(";"))
    token = request.header("X-Amz-Security-Token")
    return RequestCredentials(key, date, region, service, signed, fields["Signature"], moment, token)


def _from_query(request: HttpRequest) -> RequestCredentials:
    said = dict(parse_qsl(request.query, keep_blank_values=True))
    key, date, region, service = _scope(said.get("X-Amz-Credential", ""))
    try:
        moment, lifetime = _moment(said["X-Amz-Date"]), timedelta(seconds=int(said["X-Amz-Expires"]))
        signed = tuple(said["X-Amz-SignedHeaders"].split(";"))
    except (KeyError, ValueError) as error:
        wanted = "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, X-Amz-Expires"
        message = f"Query-string authentication version 4 requires the {wanted} parameters."
        raise UnauthenticatedError("incomplete", message) from error
    token = said.get("X-Amz-Security-Token")
    return RequestCredentials(key, date, region, service, signed, said["X-Amz-Signature"], moment, token, lifetime)


def _scope(credential: str) -> tuple[str, str, str, str]:
    scope = credential.rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request":
        message = f"Credential must have exactly 5 slash-delimited elements, got '{credential}'"
        raise UnauthenticatedError("incomplete", message)
    return scope[0], scope[1], scope[2], scope[3]


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
