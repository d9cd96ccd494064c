"""Signature Version 4 for any HTTP client of Python: botocore signs, with the caller's own AWS credentials."""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from fairlead.errors import RequestError, SettingsError

HOST_REGION = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")
REPLACED = frozenset({"x-amz-date", "x-amz-security-token"})
"""Headers of an earlier signature of the same request: the new signature brings its own."""

Request = TypeVar("Request")


class SigV4:
    """Signs requests: give it as `auth=` to httpx, requests and all that build on them, or call `headers` yourself.

    `session` is a boto3 or botocore session; the default one reads AWS_PROFILE, SSO, roles, container and instance as
    the AWS CLI does. Credentials are read again for each request, so a session that refreshes them may sign for days.
    The region is the one in the host's name, else `region`, else the session's.

    It is an `httpx.Auth` and a `requests.auth.AuthBase` where the library was imported before; a callable to both
    libraries anyway.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Return an instance of the class with the bases of the imported libraries; imports neither."""
        kind: Any = cls
        made: Self = object.__new__(_with_bases(kind, _imported_bases()))
        return made

    def __init__(self, session: Any = None, *, region: str | None = None, service: str = "execute-api") -> None:
        from botocore.session import Session

        self.session: Any = session or Session()
        self._region = region
        self._service = service

    def __call__(self, request: Request) -> Request:
        """Sign an `httpx.Request` or a `requests.PreparedRequest` as it will be sent, and return it.

        Both libraries accept a callable as `auth=`. Raises SettingsError, and RequestError for a body that streams.
        """
        sent: Any = request
        body = sent.body if hasattr(sent, "body") else _content(sent)
        sent.headers.update(self.headers(sent.method, str(sent.url), body or b"", sent.headers))
        return request

    def auth_flow(self, request: Request) -> Iterator[Request]:
        """Yield the request, signed: what httpx calls of its `Auth`."""
        yield self(request)

    def headers(
        self, method: str, url: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return the headers to add to a request: Authorization, X-Amz-Date, and X-Amz-Security-Token of a session.

        `url` and `body` are those that are sent, `headers` those that the request has. Of these, Host, Content-Type
        and X-Amz-* are signed, because proxies on the way may change others. Raises SettingsError without credentials.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        if not isinstance(body, bytes | str):
            raise RequestError(f"the body is a {type(body).__name__}, which streams", hint="send it as bytes")
        signed = AWSRequest(method, url, data=body, headers=_to_sign(headers or {}))
        before = set(signed.headers)
        SigV4Auth(self._credentials(), self._service, self._region_of(url)).add_auth(signed)
        return {name: value for name, value in signed.headers.items() if name not in before}

    def _credentials(self) -> Any:
        from botocore.exceptions import BotoCoreError

        try:
            credentials = self.session.get_credentials()
            if credentials:
                return credentials.get_frozen_credentials()
        except BotoCoreError as error:
            said = str(error).rstrip(". ")
            raise SettingsError(
                f"could not load AWS credentials: {said}", hint="check AWS_PROFILE, or sign in (`aws sso login`)"
            ) from error
        raise SettingsError(
            "no AWS credentials to sign with",
            hint="sign in (`aws sso login`, `aws configure`), or `source .fairlead/local.env` for the local cloud",
        )

    def _region_of(self, url: str) -> str:
        named = HOST_REGION.search(urlsplit(url).hostname or "")
        found = (named[1] if named else "") or self._region or _session_region(self.session)
        if not found:
            raise SettingsError("no region to sign for", hint="set AWS_DEFAULT_REGION, or a region in your AWS profile")
        return found


def _imported_bases() -> tuple[type, ...]:
    modules = (("httpx", "Auth"), ("requests.auth", "AuthBase"))
    found = (getattr(sys.modules.get(module), name, None) for module, name in modules)
    return tuple(base for base in found if base is not None)


@cache
def _with_bases(cls: type, bases: tuple[type, ...]) -> Any:
    missing = tuple(base for base in bases if not issubclass(cls, base))
    return type(cls.__name__, (cls, *missing), {"__module__": cls.__module__}) if missing else cls


def _session_region(session: Any) -> str | None:
    """Return the region of a boto3 session, which names it, or of a botocore session."""
    region: str | None = (
        session.region_name if hasattr(session, "region_name") else session.get_config_variable("region")
    )
    return region


def _to_sign(headers: Mapping[str, str]) -> dict[str, str]:
    names = {name: name.lower() for name in headers}
    return {
        name: headers[name]
        for name, lower in names.items()
        if lower in {"host", "content-type"} or (lower.startswith("x-amz-") and lower not in REPLACED)
    }


def _content(request: Any) -> bytes:
    """Return an httpx request's body; a synchronous stream is read, an asynchronous one cannot be."""
    try:
        content: bytes = request.read()
    except (AssertionError, RuntimeError, TypeError) as error:
        raise RequestError("the body of this request streams asynchronously", hint="send it as bytes") from error
    return content
