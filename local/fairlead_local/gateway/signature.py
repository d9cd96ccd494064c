"""Signature Version 4 of a request to execute-api, checked as API Gateway does, with its words for each failure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from fairlead_local.account import REGION
from fairlead_local.gateway.identity import Caller, Identities
from fairlead_local.gateway.message import HttpRequest
from fairlead_local.gateway.refusal import Refusal

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "execute-api"
SKEW = timedelta(minutes=5)
FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]*)")


@dataclass(frozen=True)
class Claim:
    """What the Authorization header says."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def authenticate(request: HttpRequest, identities: Identities, *, now: datetime) -> Caller:
    """Who signed the request; raises Refusal for whoever did not, or not well, or not now, or not for us."""
    header = request.header("Authorization")
    if not header:
        raise Refusal.missing_token()
    claim = _claim(header)
    moment = _moment(request)
    caller = identities.find(claim.access_key, request.header("X-Amz-Security-Token"))
    if caller is None:
        raise Refusal.unrecognised("The security token included in the request is invalid.")
    _check_scope(claim, moment)
    canonical = _canonical(request, claim)
    text = _string_to_sign(claim, moment, canonical)
    if not hmac.compare_digest(_signature(caller.secret_key, claim, text), claim.signature):
        raise Refusal.signature(_mismatch(canonical, text))
    _check_clock(moment, now)
    return caller


def _claim(header: str) -> Claim:
    if not header.startswith(ALGORITHM):
        first = header.rsplit(" ", maxsplit=1)[-1]
        message = f"'{first}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
        raise Refusal.incomplete(message)
    fields = dict(FIELD.findall(header))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    if missing:
        wants = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise Refusal.incomplete(f"{wants} Authorization={header}")
    scope = fields["Credential"].rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise Refusal.incomplete(
            f"Credential must have exactly 5 slash-delimited elements, got '{fields['Credential']}'"
        )
    key, date, region, service, _ = scope
    return Claim(key, date, region, service, tuple(fields["SignedHeaders"].split(";")), fields["Signature"])


def _moment(request: HttpRequest) -> datetime:
    text = request.header("X-Amz-Date")
    try:
        return datetime.strptime(text or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise Refusal.incomplete(f"{message} Authorization={request.header('Authorization')}") from error


def _check_scope(claim: Claim, moment: datetime) -> None:
    if claim.service != SERVICE:
        raise Refusal.signature(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if claim.region != REGION:
        raise Refusal.signature(f"Credential should be scoped to a valid region, not '{claim.region}'. ")
    if claim.date != f"{moment:%Y%m%d}":
        raise Refusal.signature(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.date}' != '{moment:%Y%m%d}', from '{moment:%Y%m%dT%H%M%SZ}'."
        )


def _check_clock(moment: datetime, now: datetime) -> None:
    form = "%Y%m%dT%H%M%SZ"
    if moment < now - SKEW:
        edge = f"{now - SKEW:{form}} ({now:{form}} - 5 min.)"
        raise Refusal.signature(f"Signature expired: {moment:{form}} is now earlier than {edge}")
    if moment > now + SKEW:
        edge = f"{now + SKEW:{form}} ({now:{form}} + 5 min.)"
        raise Refusal.signature(f"Signature not yet current: {moment:{form}} is still later than {edge}")


def _canonical(request: HttpRequest, claim: Claim) -> str:
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    if "host" not in claim.signed_headers:
        raise Refusal.signature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    headers = "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in claim.signed_headers)
    body = request.header("X-Amz-Content-SHA256")
    digest = hashlib.sha256(request.body).hexdigest()
    if body not in (None, "UNSIGNED-PAYLOAD", digest):
        digest = "the body does not have the digest its header claims"
    elif body == "UNSIGNED-PAYLOAD":
        digest = body
    # Outside S3 the path is normalised, and encoded once more than it travels.
    path = quote(_normalised(request.path), safe="/-_.~")
    signed = ";".join(claim.signed_headers)
    return "\n".join([request.method, path, _canonical_query(request.query), headers, signed, digest])


def _normalised(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _string_to_sign(claim: Claim, moment: datetime, canonical: str) -> str:
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{moment:%Y%m%dT%H%M%SZ}\n{scope}\n{digest}"


def _signature(secret: str, claim: Claim, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (claim.date, claim.region, claim.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _mismatch(canonical: str, text: str) -> str:
    return (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'{text}'\n"
    )
