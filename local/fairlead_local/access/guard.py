"""In front of every AWS API: a request passes if somebody known signed it and may do what it asks.

The cloud calls itself with a key of its own, which passes. AWS's rules for missing objects are kept too: whoever may
not list a bucket is not told that an object is missing.
"""

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import run_wsgi_app

from fairlead_local import control
from fairlead_local.access import needs as wants
from fairlead_local.access import refusals, signature
from fairlead_local.access.calls import Call, unsigned_protocol
from fairlead_local.access.claims import UnauthenticatedError, claim_of
from fairlead_local.access.context import context, known
from fairlead_local.access.identities import Caller, Identities
from fairlead_local.access.judge import DeniedError, Judge
from fairlead_local.access.policies import Ask
from fairlead_local.access.roles import Roles
from fairlead_local.clients import NOBODY
from fairlead_local.errors import ServiceError
from fairlead_local.gateway.message import HttpRequest

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
INTERNAL = f"Credential={NOBODY}/"
# moto would act on a bucket's policy, and wrongly; the template's comes by CloudFormation.
NOT_HERE = {("s3", "PutBucketPolicy"), ("s3", "GetBucketPolicy"), ("s3", "DeleteBucketPolicy")}


class Guard:
    """A WSGI application before another. `group` names a deployment's group (`application/group`), if it knows it."""

    def __init__(self, app: WsgiApp, identities: Identities, judge: Judge, roles: Roles, group: wants.Group) -> None:
        self._app = app
        self._identities = identities
        self._judge = judge
        self._roles = roles
        self._group = group

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Refuse a request, or hand it on."""
        if environ["PATH_INFO"].startswith(control.PREFIX):  # no API of AWS
            return self._app(environ, start_response)
        header = environ.get("HTTP_AUTHORIZATION", "")
        if INTERNAL in header:
            return self._passed(self._app, environ, start_response, changes_iam="/iam/aws4_request" in header)
        request = _request(environ)
        service, protocol = "", unsigned_protocol(request)
        try:
            claim = claim_of(request)
            call = Call(claim.service, request)
            service, protocol = call.service, call.protocol
            caller = self._identities.find(claim.access_key, claim.token)
            signature.check(request, claim, caller.secret_key, now=datetime.now(UTC))
            hidden = self._check(call, caller)
        except UnauthenticatedError as error:
            refusal = refusals.unauthenticated(error, service, protocol)
        except DeniedError as error:
            refusal = refusals.denied(str(error), service, protocol)
        except ServiceError as error:
            refusal = error
        else:
            changes = service == "iam" and not call.operation.startswith(("Get", "List"))
            app = self._hiding if hidden else self._app
            return self._passed(app, environ, start_response, changes_iam=changes)
        answer = refusals.response(refusal, protocol, head=request.method == "HEAD")
        return answer(environ, start_response)

    def _check(self, call: Call, caller: Caller) -> bool:
        """Raise DeniedError if the caller may not; whether it may not know that an object is missing."""
        if (call.service, call.operation) in NOT_HERE:
            raise ServiceError(
                "NotImplemented", "the local cloud takes bucket policies by CloudFormation only", status=501
            )
        ask = Ask("", None, context(call, caller), known(call.service, call.operation))
        wanted = wants.needs(call, caller.arn, self._group)
        if (call.service, call.operation) == ("sts", "AssumeRole"):
            self._roles.check_assumed(caller, call.text("RoleArn"), ask, self._judge)
            return False
        self._judge.check(caller, wanted, ask)
        if call.service != "s3" or call.operation not in ("GetObject", "HeadObject"):
            return False
        try:
            self._judge.check(caller, [("s3:ListBucket", f"arn:aws:s3:::{call.text('Bucket')}")], ask)
        except DeniedError:
            return True
        return False

    def _passed(
        self, app: WsgiApp, environ: dict[str, Any], start_response: Any, *, changes_iam: bool
    ) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        finally:
            if changes_iam:
                self._identities.changed()

    def _hiding(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """A missing object is a forbidden one to whoever may not list the bucket."""
        body, status, headers = run_wsgi_app(self._app, environ)
        if status.startswith("404") and b"NoSuchBucket" not in (text := b"".join(body)):
            refusal = ServiceError("AccessDenied", "Access Denied", status=403)
            return refusals.response(refusal, "rest-xml", head=not text)(environ, start_response)
        start_response(status, headers.to_wsgi_list())
        return body


def _request(environ: dict[str, Any]) -> HttpRequest:
    """The request as it came; its body can be read once more."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    names = {name: name[5:] for name in environ if name.startswith("HTTP_")}
    names |= {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in environ}
    headers = tuple((name.replace("_", "-"), str(environ[key])) for key, name in names.items())
    return HttpRequest(environ["REQUEST_METHOD"], environ["RAW_URI"], headers, body, environ.get("REMOTE_ADDR", ""))
