"""moto with its gaps named: an operation that it lacks answers 501 with its name, as the cloud's own services do.

Otherwise it would be an internal error, which clients try again.
"""

import logging
from collections.abc import Iterable
from typing import Any

from fairlead_local.errors import ServiceError
from fairlead_local.http_message import WsgiApp, read_request
from fairlead_local.iam import error_responses
from fairlead_local.iam.api_calls import ApiCall
from fairlead_local.iam.credentials import UnauthenticatedError, read_credentials

logger = logging.getLogger(__name__)
WHOLE = ("action has not been implemented", "had only been implemented", "in the S3 backend yet")
"""What moto says of an operation that it lacks altogether; it also lacks parts of some."""


class NamesGaps:
    """A WSGI application in front of moto's."""

    def __init__(self, moto: WsgiApp) -> None:
        self._moto = moto

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        try:
            return self._moto(environ, start_response)
        except NotImplementedError as error:
            environ["wsgi.input"].seek(0)  # moto has read the body
            request = read_request(environ)
            try:
                signed_as = read_credentials(request).service
            except UnauthenticatedError:  # the one operation that is not signed is of STS
                signed_as = "sts"
            call = ApiCall(signed_as, request)
            refused = ServiceError("NotImplemented", _message(call, str(error)), status=501)
            logger.warning("%s", refused)
            return error_responses.response(refused, request, call.protocol)(environ, start_response)


def _message(call: ApiCall, reason: str) -> str:
    name = f"{call.service}:{call.operation or call.request.method}"
    if any(phrase in reason for phrase in WHOLE):
        return f"the local cloud does not implement {name}"
    return f"the local cloud does not implement all of {name}: {reason}"
