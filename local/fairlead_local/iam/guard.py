"""The guard in front of every AWS API: a request needs a valid signature and a policy that allows it.

The cloud's own calls use an internal key and pass. As in S3, a caller without ListBucket gets 403 for a missing object.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import run_wsgi_app

from fairlead_local.clients import INTERNAL_KEY
from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest, WsgiApp, read_request
from fairlead_local.iam import error_responses, required_actions, signature
from fairlead_local.iam.api_calls import ApiCall, unsigned_protocol
from fairlead_local.iam.bucket_policies import OPERATIONS, PREFIX, BucketPolicies
from fairlead_local.iam.condition_keys import context, known
from fairlead_local.iam.credentials import UnauthenticatedError, read_credentials
from fairlead_local.iam.evaluate import DeniedError, PolicyEvaluator
from fairlead_local.iam.identities import CALLER, Caller, Identities
from fairlead_local.iam.policies import AccessRequest
from fairlead_local.iam.roles import Roles
from fairlead_local.iam.web_identity import OPERATION, WebIdentities

logger = logging.getLogger(__name__)
INTERNAL = f"Credential={INTERNAL_KEY}/"
READING = ("GetObject", "HeadObject")


class Guard:
    """A WSGI application in front of another. `group` returns a deployment's group (`application/group`)."""

    def __init__(
        self,
        app: WsgiApp,
        identities: Identities,
        buckets: BucketPolicies,
        roles: Roles,
        web_identities: WebIdentities,
        *,
        group: required_actions.Group,
    ) -> None:
        self._app = app
        self._identities = identities
        self._buckets = buckets
        self._evaluator = PolicyEvaluator(buckets)
        self._roles = roles
        self._web_identities = web_identities
        self._group = group

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Refuse a request, or pass it on."""
        header = environ.get("HTTP_AUTHORIZATION", "")
        if INTERNAL not in header:
            return self._checked(environ, start_response)
        if "/iam/aws4_request" in header:
            return self._changing(environ, start_response)
        if "/s3/aws4_request" in header and environ.get("QUERY_STRING") == "policy":
            return self._buckets.answer(ApiCall("s3", read_request(environ)))(environ, start_response)
        return self._app(environ, start_response)

    def _checked(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = read_request(environ)
        service, protocol = "", unsigned_protocol(request)
        caller: Caller | None = None
        try:
            if _signs_in(request):
                self._web_identities.check(ApiCall("sts", request))
                return self._app(environ, start_response)
            credentials = read_credentials(request)
            call = ApiCall(credentials.service, request)
            service, protocol = call.service, call.protocol
            caller = self._identities.find(credentials.access_key, credentials.token)
            signature.check(request, credentials, caller.secret_key, now=datetime.now(UTC))
            app = self._admit(call, caller)
        except UnauthenticatedError as error:
            app = error_responses.response(error_responses.unauthenticated(error, service, protocol), request, protocol)
        except DeniedError as error:
            app = error_responses.response(error_responses.denied(str(error), service, protocol), request, protocol)
        except ServiceError as error:
            app = error_responses.response(error, request, protocol)
        except Exception:
            logger.exception("a call to %s could not be checked", service)
            failure = ServiceError("InternalFailure", "the local cloud failed; see cloud.log", status=500)
            app = error_responses.response(failure, request, protocol)
        acting = CALLER.set(caller)
        try:
            return app(environ, start_response)
        finally:
            CALLER.reset(acting)

    def _admit(self, call: ApiCall, caller: Caller) -> WsgiApp:
        """Return the application that answers the call; raises DeniedError if the caller may not make it."""
        ask = AccessRequest("", None, context(call, caller), known(call.service, call.operation))
        if (call.service, call.operation) == ("sts", "AssumeRole"):
            self._roles.check_assumed(caller, call.text("RoleArn"), ask)
            return self._app
        self._evaluator.check(caller, required_actions.required_actions(call, caller.arn, self._group), ask)
        if call.service == "iam" and not call.operation.startswith(("Get", "List")):
            return self._changing
        if call.service != "s3":
            return self._app
        if call.operation in OPERATIONS:
            return self._buckets.answer(call)
        return self._hiding if call.operation in READING and not self._may_list(call, caller, ask) else self._app

    def _may_list(self, call: ApiCall, caller: Caller, ask: AccessRequest) -> bool:
        try:
            self._evaluator.check(caller, [("s3:ListBucket", f"{PREFIX}{call.text('Bucket')}")], ask)
        except DeniedError:
            return False
        return True

    def _changing(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        finally:
            self._identities.changed()

    def _hiding(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer 403 for a missing object, because the caller may not list the bucket."""
        body, status, headers = run_wsgi_app(self._app, environ)
        if status.startswith("404") and b"NoSuchBucket" not in b"".join(body):
            denied = ServiceError("AccessDenied", "Access Denied", status=403)
            return error_responses.response(denied, read_request(environ), "rest-xml")(environ, start_response)
        start_response(status, headers.to_wsgi_list())
        return body


def _signs_in(request: HttpRequest) -> bool:
    """Return whether it is AssumeRoleWithWebIdentity, which is not signed."""
    unsigned = not request.header("Authorization") and unsigned_protocol(request) == "query"
    return unsigned and ApiCall("sts", request).operation == OPERATION
