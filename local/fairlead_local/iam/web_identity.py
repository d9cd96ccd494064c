"""Sign-in by OpenID Connect: tokens of a local issuer, and AssumeRoleWithWebIdentity's checks of them.

The local cloud is the issuer of every provider that IAM knows: it signs their tokens with a key of its own, where AWS
would fetch the issuer's keys. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import base64
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from fairlead_local.errors import ServiceError
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.condition_keys import known
from fairlead_local.iam.identities import iam, role
from fairlead_local.iam.policies import AccessRequest, decide, statements
from fairlead_local.iam.principals import names_provider

OPERATION = "AssumeRoleWithWebIdentity"
LIFETIME = 300.0  # seconds, as GitHub's tokens
DEFAULT_DURATION = 3600  # seconds of a session


class WebIdentities:
    """Signs tokens (RS256), and holds those in requests to their provider and to the role's trust policy."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return `{"token": …}` with the claims in `params`; `iat` and `exp` are set unless given."""
        now = time.time()
        claims = {"iat": int(now), "exp": int(now + LIFETIME), **params}
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return {"token": f"{signed}.{_base64(signature)}"}

    def check(self, call: ApiCall) -> None:
        """Raise STS's ServiceError unless the token is valid and the role trusts it."""
        claims = self._claims(call.text("WebIdentityToken"))
        url = str(claims.get("iss", "")).removeprefix("https://")
        provider = next((one for one in list(iam().open_id_providers.values()) if one.url == url), None)
        if provider is None:
            message = f"No OpenIDConnect provider found in your account for {claims.get('iss')}"
            raise ServiceError("InvalidIdentityToken", message)
        if not set(_audiences(claims)) & set(provider.client_id_list):
            raise ServiceError("InvalidIdentityToken", "Incorrect token audience")
        _check_trusted(call, provider.arn, {f"{url}:{name}".lower(): value for name, value in _texts(claims).items()})

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header, payload, signature = token.split(".")
            self._key.public_key().verify(
                _bytes(signature), f"{header}.{payload}".encode(), padding.PKCS1v15(), SHA256()
            )
            algorithm, claims = json.loads(_bytes(header))["alg"], dict(json.loads(_bytes(payload)))
        except (InvalidSignature, KeyError, TypeError, ValueError) as error:
            message = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
            raise ServiceError("InvalidIdentityToken", message) from error
        if algorithm != "RS256":
            raise ServiceError("InvalidIdentityToken", f"Unsupported algorithm {algorithm}")
        if time.time() >= claims.get("exp", 0):
            message = "Token expired: current date/time must be before the expiration date/time"
            raise ServiceError("ExpiredTokenException", message)
        return claims


def _check_trusted(call: ApiCall, provider: str, keys: dict[str, tuple[str, ...]]) -> None:
    """Raise unless the role's trust policy allows the provider's token, by its audience and its subject."""
    arn = call.text("RoleArn")
    found = role(arn)
    trusting = statements(found.assume_role_policy_document) if found else ()
    session = {"sts:rolesessionname": (call.text("RoleSessionName"),), "aws:federatedprovider": (provider,)}
    ask = AccessRequest(f"sts:{OPERATION}", "*", keys | session, known("sts"))
    if not found or decide([s for s in trusting if names_provider(s.principals, provider)], ask) != "allowed":
        raise ServiceError("AccessDenied", f"Not authorized to perform sts:{OPERATION}", status=403)
    if int(call.text("DurationSeconds") or DEFAULT_DURATION) > int(found.max_session_duration or DEFAULT_DURATION):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise ServiceError("ValidationError", message)


def _texts(claims: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the claims that are condition keys: the audience and the subject."""
    return {"aud": _audiences(claims), "sub": (str(claims.get("sub", "")),)}


def _audiences(claims: dict[str, Any]) -> tuple[str, ...]:
    given = claims.get("aud", "")
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),)


def _part(facts: dict[str, Any]) -> str:
    return _base64(json.dumps(facts).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
