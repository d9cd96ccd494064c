"""Signature Version 4: computed from the request as it was sent and compared with its credentials."""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from fairlead_local.account import REGION
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam.credentials import ALGORITHM, RequestCredentials, UnauthenticatedError

SKEW = timedelta(minutes=5)
S3_SKEW = timedelta(minutes=15)
S3 = "s3"


def check(request: HttpRequest, credentials: RequestCredentials, secret: str, *, now: datetime) -> None:
    """Raise UnauthenticatedError unless `secret` signed exactly this request, for this region and about `now`."""
    _check_scope(credentials)
    canonical = _canonical(request, credentials)
    text = _string_to_sign(credentials, canonical)
    if not hmac.compare_digest(_signature(secret, credentials, text), credentials.signature):
        raise UnauthenticatedError("signature", _mismatch(credentials, canonical, text))
    _check_clock(credentials, now)


def _check_scope(credentials: RequestCredentials) -> None:
    if credentials.region != REGION:
        message = f"Credential should be scoped to a valid region, not '{credentials.region}'. "
        raise UnauthenticatedError("signature", message)
    if credentials.date != f"{credentials.moment:%Y%m%d}":
        message = (
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{credentials.date}' != '{credentials.moment:%Y%m%d}', from '{credentials.moment:%Y%m%dT%H%M%SZ}'."
        )
        raise UnauthenticatedError("signature", message)


def _check_clock(credentials: RequestCredentials, now: datetime) -> None:
    form = "%Y%m%dT%H%M%SZ"
    skew = S3_SKEW if credentials.service == S3 else SKEW
    minutes = skew.seconds // 60
    moment, lasts = credentials.moment, credentials.lifetime if credentials.lifetime is not None else skew
    if moment < now - lasts:
        edge = f"{now - lasts:{form}} ({now:{form}} - {minutes} min.)"
        said = (
            "Request has expired"
            if credentials.presigned
            else f"Signature expired: {moment:{form}} is now earlier than"
        )
        raise UnauthenticatedError("clock", said if credentials.presigned else f"{said} {edge}")
    if moment > now + skew:
        edge = f"{now + skew:{form}} ({now:{form}} + {minutes} min.)"
        message = f"Signature not yet current: {moment:{form}} is still later than {edge}"
        raise UnauthenticatedError("clock", message)


def _canonical(request: HttpRequest, credentials: RequestCredentials) -> str:
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    if "host" not in credentials.signed_headers:
        message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise UnauthenticatedError("signature", message)
    headers = "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in credentials.signed_headers)
    # S3 signs the path as sent; other services sign it normalised and encoded once more.
    path = request.path if credentials.service == S3 else quote(_normalised(request.path), safe="/-_.~")
    signed = ";".join(credentials.signed_headers)
    return "\n".join(
        [request.method, path, _canonical_query(request.query), headers, signed, _payload(request, credentials)]
    )


def _payload(request: HttpRequest, credentials: RequestCredentials) -> str:
    said = request.header("X-Amz-Content-SHA256")
    if credentials.presigned and credentials.service == S3:
        return said or "UNSIGNED-PAYLOAD"
    # Of a body signed in chunks, only the first signature is checked.
    if said is not None and (said == "UNSIGNED-PAYLOAD" or said.startswith("STREAMING-")):
        return said
    digest = hashlib.sha256(request.body).hexdigest()
    return digest if said in (None, digest) else "the body does not have the digest in its header"


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
        if name != "X-Amz-Signature":
            pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _string_to_sign(credentials: RequestCredentials, canonical: str) -> str:
    scope = f"{credentials.date}/{credentials.region}/{credentials.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{credentials.moment:%Y%m%dT%H%M%SZ}\n{scope}\n{digest}"


def _signature(secret: str, credentials: RequestCredentials, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (credentials.date, credentials.region, credentials.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _mismatch(credentials: RequestCredentials, canonical: str, text: str) -> str:
    if credentials.service == S3:
        return (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
    return (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'{text}'\n"
    )
