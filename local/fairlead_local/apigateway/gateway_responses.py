"""Gateway responses: the body and headers of an error, by the API's own templates if it has any.

Templates support simple substitution only, as in AWS: `$context.error.messageString` and similar.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from fairlead_local.apigateway.gateway_error import GatewayError
from fairlead_local.http_message import HttpResponse

NAME = r"(?:context|stageVariables)(?:\.\w+)+"
VARIABLE = re.compile(rf"\$(?:\{{({NAME})\}}|({NAME}))")
# API Gateway answers these by itself: a template has no effect on them.
FIXED = {"REQUEST_TOO_LARGE"}
HEADER = "gatewayresponse.header."


def render(
    error: GatewayError, declared: Mapping[str, Any], *, accept: str, context: Mapping[str, str]
) -> HttpResponse:
    """Return the error by the API's gateway response for its type, by the default for its class, or by AWS's own."""
    declared = {} if error.kind in FIXED else declared
    fallback = "DEFAULT_4XX" if error.status < 500 else "DEFAULT_5XX"
    chosen = declared.get(error.kind) or declared.get(fallback) or {}
    names = {
        **context,
        "context.error.message": error.message,
        "context.error.messageString": json.dumps(error.message),
        "context.error.responseType": error.kind,
    }
    own_status = declared.get(error.kind, {}).get("statusCode")
    response = HttpResponse(int(own_status or error.status))
    content_type, template = _template(chosen.get("responseTemplates", {}), accept)
    if template is None:
        response.body = json.dumps({error.key: error.message}).encode()
    else:
        response.body = VARIABLE.sub(lambda match: names.get(match[1] or match[2], ""), template).encode()
    response.set("Content-Type", content_type)
    response.set("x-amzn-ErrorType", error.error)
    for name, value in chosen.get("responseParameters", {}).items():
        if name.startswith(HEADER):
            response.set(name.removeprefix(HEADER), _value(str(value), names))
    return response


def _template(templates: Mapping[str, str], accept: str) -> tuple[str, str | None]:
    wanted = [part.split(";")[0].strip() for part in accept.split(",")]
    for content_type in (*wanted, "application/json", *templates):
        if content_type in templates:
            return content_type, templates[content_type]
    return "application/json", None


def _value(expression: str, names: Mapping[str, str]) -> str:
    """Return a static value in single quotes, or the value of a context variable."""
    if expression.startswith("'") and expression.endswith("'"):
        return expression[1:-1]
    return names.get(expression, "")
