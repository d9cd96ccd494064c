"""The error responses of each kind of service for unauthenticated and unauthorised requests."""

import json
import uuid
from xml.sax.saxutils import escape

from werkzeug import Response

from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam.credentials import Kind, UnauthenticatedError

# Codes by kind: of S3, of query services, and of other services, whose codes end with "Exception".
CODES: dict[Kind, tuple[str, str, str]] = {
    "missing": ("AccessDenied", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    "incomplete": ("AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException"),
    "unknown": ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
    "expired": ("ExpiredToken", "ExpiredToken", "ExpiredTokenException"),
    "signature": ("SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"),
    "clock": ("RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"),
}
# They use JSON now, with the error codes of the query protocol.
ONCE_QUERY = {"cloudwatch", "sqs"}
UNKNOWN_TO_S3 = "The AWS Access Key Id you provided does not exist in our records."


def unauthenticated(error: UnauthenticatedError, service: str, protocol: str) -> ServiceError:
    """Return the service's error for a request without a valid signature."""
    for_s3, query, other = CODES[error.kind]
    if protocol == "rest-xml":
        message = {"unknown": UNKNOWN_TO_S3, "missing": "Access Denied"}.get(error.kind, error.message)
        expired = error.kind == "clock" and error.message == "Request has expired"
        status = 400 if error.kind in ("incomplete", "expired") else 403
        return ServiceError("AccessDenied" if expired else for_s3, message, status=status)
    code = query if protocol == "query" or service in ONCE_QUERY else other
    return ServiceError(code, error.message, status=_status(protocol))


def denied(message: str, service: str, protocol: str) -> ServiceError:
    """Return the service's error for a caller whose policies do not allow the call."""
    if service == "sns":
        return ServiceError("AuthorizationError", message, status=403)
    plain = protocol in ("rest-xml", "query") or service in ONCE_QUERY
    return ServiceError("AccessDenied" if plain else "AccessDeniedException", message, status=_status(protocol))


def response(error: ServiceError, request: HttpRequest, protocol: str) -> Response:
    """Return the error as an HTTP response."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    code, message = escape(error.code), escape(error.message)
    if protocol == "rest-xml":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
        kind = "application/xml"
    elif protocol == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        kind = "text/xml"
    else:
        text, kind = (
            json.dumps({"__type": error.code, "Message": error.message, "message": error.message}),
            "application/json",
        )
        headers["x-amzn-ErrorType"] = error.code
    return Response("" if request.method == "HEAD" else text, error.status, headers=headers, content_type=kind)


def _status(protocol: str) -> int:
    return 400 if protocol == "json" else 403
