"""An OpenAPI 3.1 document of the routes that predict, built from a version's signature.

https://spec.openapis.org/oas/v3.1.1. Schemas are JSON Schema 2020-12. The first request for it imports this module.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.api import predictions
from fairlead.api.field_errors import expected_of
from fairlead.errors import LedgerUnavailableError, RequestError, UnavailableError
from fairlead.model.golden import Golden
from fairlead.model.signature import LARGEST_INTEGER, Field, Output, Signature, class_names

JSON, PROBLEM = "application/json", "application/problem+json"
SIGV4 = {
    "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
    "description": "AWS Signature Version 4 for the service execute-api",
}  # fmt: skip
SERVER = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
    "variables": {"api": {"default": "api"}, "region": {"default": "us-east-1"}, "stage": {"default": "prod"}},
}
GATEWAY = {
    403: ["access_denied", "unsigned", "invalid_signature", "expired_token", "filtered"],
    429: ["throttled"],
    500: ["internal_error"],
    504: ["timeout", "integration_failure"],
}
"""Codes of API Gateway's own answers, by status, which the template names."""
TAGS = {"predict": "Predictions", "read": "Which model answers, and whether it is ready"}
ROWS = (400, 404, 409, 413, 415, 422, 503)
READS = (404, 503)


def document(
    signature: Signature, facts: Mapping[str, Any], golden: Golden, *, most_rows: int, url: str = ""
) -> dict[str, Any]:
    """Return the document of one version: its identity in `facts`, a golden row as example, the API's `url`.

    The document that is stored with a version has neither `digest`, which covers it, nor `url`.
    """
    name, version = str(facts["model"]), int(facts["version"])
    digest = f", {facts['digest']}" if "digest" in facts else ""
    explains = facts.get("explanation") is not None and facts["explanation"].method != "off"
    request = _request(signature, golden, most_rows, explains=explains)
    response = _response(signature, explains=explains)
    pinned = f"/versions/{version}/predict"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": str(version),
            "description": f"Predictions of {name} version {version}{digest}.",
        },
        "servers": [{"url": url} if url else SERVER],
        "security": [{"sigv4": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {
            "/predict": {"post": _operation("predict", f"Predict rows with the live version of {name}", request)},
            pinned: {"post": _operation("predictPinned", f"Predict rows with version {version}", request)},
            "/model": {"get": _read("model", "The live version: signature, metrics, limits")},
            f"/versions/{version}": {"get": _read("version", f"Version {version}: signature, metrics, limits")},
            "/health": {"get": _read("health", "Which release is ready")},
        },
        "components": {
            "securitySchemes": {"sigv4": SIGV4},
            "schemas": {
                "Row": row_schema(signature),
                "PredictResponse": response,
                "Problem": _problem(),
            },
        },
    }


def row_schema(signature: Signature) -> dict[str, Any]:
    """Return the schema of a row: a member for each field; ignored columns may hold anything."""
    return {
        "type": "object",
        "properties": {field.name: field_schema(field) for field in signature.inputs}
        | {column.name: {"description": "Ignored by the model"} for column in signature.ignored},
        "required": [field.name for field in signature.inputs if not field.nullable],
        "minProperties": 1,
        "additionalProperties": False,
    }


def field_schema(field: Field) -> dict[str, Any]:
    """Return the schema of a field; other values are refused. The description has the data's own range."""
    schema: dict[str, Any] = {"description": _described(field)}
    if field.closed and field.categories:
        return schema | {"enum": [*field.categories, *([None] if field.nullable else [])]}
    kind = _type(field)
    schema["type"] = [kind, "null"] if field.nullable else kind
    if kind == "integer":
        schema |= {"minimum": -LARGEST_INTEGER, "maximum": LARGEST_INTEGER}
    elif kind == "number":
        schema |= {"minimum": -field.largest, "maximum": field.largest}
    return schema


def _described(field: Field) -> str:
    text = expected_of(field)
    text = text[:1].upper() + text[1:]
    if field.minimum is not None and field.maximum is not None:
        text += f". The model was judged on values from {field.minimum:g} to {field.maximum:g}"
    if field.categories and not field.closed:
        text += ". The model knows " + ", ".join(map(str, field.categories[:20]))
    return text


def _type(field: Field) -> str:
    whole = field.categories and isinstance(field.categories[0], int)
    if field.kind == "integer" or (field.kind == "category" and whole):
        return "integer"
    return {"number": "number", "boolean": "boolean"}.get(field.kind, "string")


def _request(signature: Signature, golden: Golden, most_rows: int, *, explains: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "instances": {
                "type": "array", "minItems": 1, "maxItems": most_rows, "items": {"$ref": "#/components/schemas/Row"},
            }
        },
        "required": ["instances"],
        "additionalProperties": False,
    }  # fmt: skip
    if explains:
        schema["properties"]["parameters"] = _parameters()
    example = {"instances": predictions.instances(signature, golden.rows[:1])}
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def _parameters() -> dict[str, Any]:
    explain = {"type": "boolean", "description": "Whether each prediction gets its reasons"}
    return {"type": "object", "properties": {"explain": explain}, "additionalProperties": False}


def _response(signature: Signature, *, explains: bool) -> dict[str, Any]:
    prediction, method = _prediction(signature.output), {}
    if explains:
        prediction["properties"]["explanation"] = _explanation(signature)
        text = {"type": "string"}
        members = {"method": text, "scale": text}
        method = {"explanation": {"type": "object", "properties": members, "required": list(members)}}
    return {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "version": {"type": "integer"},
            "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
            "release": {"type": "string"},
            "predictions": {"type": "array", "items": prediction},
            **method,
        },
        "required": ["model", "version", "digest", "release", "predictions"],
    }


def _prediction(output: Output) -> dict[str, Any]:
    """Return the schema of one row's answer."""
    number = {"type": "number"}
    members: dict[str, Any] = {"id": {"type": "string", "description": "Names this prediction in feedback"}}
    if output.task == "regression":
        members["value"] = _numbers(output.names) if output.names else number
    else:
        members["label"] = {"enum": list(output.classes)} if output.classes else {"type": "integer"}
    if output.probabilities:
        members["probabilities"] = _numbers(class_names(output))
    if output.task == "anomaly":
        members["score"] = number
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def _explanation(signature: Signature) -> dict[str, Any]:
    """Return the schema of one row's reasons, which only requests with `explain` get."""
    fields = [field.name for field in signature.inputs]
    return {
        "type": "object",
        "properties": {
            "output": {"description": "The explained label, or the name of the explained number"},
            "base": {"type": "number", "description": "The mean prediction: contributions lead from it to this one"},
            "contributions": _numbers(fields),
            "standard_errors": _numbers(fields),
        },
        "required": ["output", "base", "contributions"],
        "additionalProperties": False,
    }


def _numbers(names: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "number"} for name in names}, "required": list(names)}


def _operation(name: str, summary: str, request: Mapping[str, Any]) -> dict[str, Any]:
    content = {JSON: {"schema": {"$ref": "#/components/schemas/PredictResponse"}}}
    answer = {"description": "One prediction for each row, in order", "content": content}
    return {
        "operationId": name,
        "tags": ["predict"],
        "summary": summary,
        "requestBody": request,
        "responses": {"200": answer} | _errors(ROWS),
    }


def _read(name: str, summary: str) -> dict[str, Any]:
    answer = {"description": summary, "content": {JSON: {"schema": {"type": "object"}}}}
    responses = {"200": answer} | _errors(READS)
    return {"operationId": name, "tags": ["read"], "summary": summary, "responses": responses}


def _errors(statuses: Sequence[int]) -> dict[str, Any]:
    """Return the responses of a route's errors and of API Gateway's own, each with its codes."""
    codes = {status: list(GATEWAY.get(status, ())) for status in sorted({*statuses, *GATEWAY})}
    for kind in _classes():
        if kind.status in statuses:
            codes[kind.status].append(kind.code)
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): {"description": ", ".join(known), "content": content} for status, known in codes.items()}


def _classes() -> list[Any]:
    """Return the classes of errors that a route of predictions can answer."""
    found, left = [], [RequestError, UnavailableError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return [kind for kind in found if kind not in {UnavailableError, LedgerUnavailableError}]


def _problem() -> dict[str, Any]:
    error = {
        "type": "object",
        "properties": {
            "row": {"type": "integer", "minimum": 0, "description": "Counted from 0"},
            "field": {"type": "string", "description": "Empty for the row itself"},
            "expected": {"type": "string"},
            "got": {"type": "string"},
        },
        "required": ["row", "field", "expected", "got"],
    }
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457, with a stable code",
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "code", "error", "hint"), text),
            "status": {"type": "integer"},
            "errors": {"type": "array", "items": error},
            "versions": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["type", "title", "code"],
    }
