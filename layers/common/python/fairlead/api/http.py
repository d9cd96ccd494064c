"""HTTP on API Gateway's proxy events: reads bodies, answers JSON or `application/problem+json` (RFC 9457).

This module alone turns an error into an HTTP answer.
"""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from fairlead.api import response_size
from fairlead.errors import (
    FairleadError,
    MediaTypeError,
    NoSuchVersionError,
    NotJsonError,
    RowsError,
    UnavailableError,
)
from fairlead.telemetry.capture import CapturedRequest, pseudonym

if TYPE_CHECKING:
    from fairlead.api.open_inference import Written

JSON = "application/json"
PROBLEM = "application/problem+json"
BINARY = "application/octet-stream"
CHARSETS = {"utf-8", "utf8", "us-ascii", "ascii"}
LONGEST_TEXT = 2_000
"""Characters of a problem's text. It may name what a caller sent, and twice 3 MB are more than Lambda's response."""


class Response(NamedTuple):
    """An answer: text, or bytes, which API Gateway gets as base64; `headers` beside the content type."""

    status: int
    content_type: str
    body: str | bytes
    headers: Mapping[str, str] = MappingProxyType({})

    def proxy(self) -> dict[str, Any]:
        """Return the answer as API Gateway takes it."""
        binary = isinstance(self.body, bytes)
        headers = {"Content-Type": [self.content_type]} | {name: [value] for name, value in self.headers.items()}
        return {
            "statusCode": self.status,
            "body": base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body,
            "isBase64Encoded": binary,
            "multiValueHeaders": headers,
        }


def json_body(event: Mapping[str, Any]) -> bytes | str:
    """Return the body of a proxy event whose headers declare uncompressed JSON; raises MediaTypeError, NotJsonError."""
    _check_type(header(event, "content-type") or JSON)
    return plain_body(event)


def tensor_body(event: Mapping[str, Any]) -> tuple[bytes | str, str | None]:
    """Return the body of an inference request, and the length of its JSON part where binary data follow it.

    Raises MediaTypeError, NotJsonError. API Gateway passes the bytes of application/octet-stream alone.
    """
    length = header(event, "inference-header-content-length") or None
    kind = header(event, "content-type") or JSON
    if kind.partition(";")[0].strip().lower() != BINARY:
        _check_type(kind)
        if length:
            raise MediaTypeError(
                f"binary tensors came as {kind[:100]!r}, which API Gateway reads as text",
                hint=f"send Content-Type: {BINARY}, and Accept: {BINARY} for binary outputs",
            )
    return plain_body(event), length


def accepts_binary(event: Mapping[str, Any]) -> bool:
    """Return whether API Gateway will pass a binary answer on: it looks at the first type of the Accept header."""
    return header(event, "accept").partition(",")[0].partition(";")[0].strip().lower() == BINARY


def header(event: Mapping[str, Any], name: str) -> str:
    """Return a header by its name in lower case; empty where it is not there."""
    return next((value or "" for key, value in (event.get("headers") or {}).items() if key.lower() == name), "")


def plain_body(event: Mapping[str, Any]) -> bytes | str:
    """Return the body of a proxy event, whatever its type; raises MediaTypeError where it is compressed."""
    coding = header(event, "content-encoding").strip().lower()
    if coding not in {"", "identity"}:
        raise MediaTypeError(
            f"the body is compressed ({coding[:40]!r})", hint="send it uncompressed, without Content-Encoding"
        )
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body)
    try:
        return _from_base64(body)
    except ValueError as error:
        raise NotJsonError(f"the body is not base64: {error}") from error


def _from_base64(text: str) -> bytes:
    """Decode base64 (RFC 4648); raises ValueError.

    The decoder skips other characters silently, so the length says whether there were any: its strict mode takes half
    as long again.
    """
    data = binascii.a2b_base64(text)
    if len(text) % 4 or len(data) != len(text) // 4 * 3 - text[-2:].count("="):
        raise ValueError("a character of another alphabet, or padding in the middle")
    return data


def _check_type(content_type: str) -> None:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind != JSON and not kind.endswith("+json"):
        raise MediaTypeError(f"the content type is {kind[:100]!r}", hint=f"send {JSON}")
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "charset" and value.strip(" \"'") not in CHARSETS:
            raise MediaTypeError(f"the body's charset is {value[:40]!r}", hint="send UTF-8, as JSON is")


def query_version(event: Mapping[str, Any]) -> str | None:
    """Return a proxy event's `?version=`, None without it; several are joined by commas, which no version is."""
    single = event.get("queryStringParameters")
    if not single or "version" not in single:
        return None
    values = (event.get("multiValueQueryStringParameters") or {}).get("version") or [single["version"]]
    return ",".join(value or "" for value in values)


def captured_request(
    event: Mapping[str, Any], request: str, rows: Sequence[tuple[Any, ...]], *, key: str
) -> CapturedRequest | None:
    """Return the request as it is captured; None for a call that did not come through the API, such as a hook's check.

    `key` is the secret that makes the caller's pseudonym.
    """
    context = event["requestContext"]
    caller = (context.get("identity") or {}).get("userArn")
    if not caller:
        return None
    return CapturedRequest(request=request, at=_arrived(context), caller=pseudonym(caller, key), rows=rows)


def reported(event: Mapping[str, Any]) -> tuple[int, str]:
    """Return a request's time (ms since 1970) and its sender's ARN, which is empty for a call past the API."""
    context = event["requestContext"]
    return _arrived(context), (context.get("identity") or {}).get("userArn") or ""


def api_url(event: Mapping[str, Any]) -> str:
    """Return the address that the caller used, with the stage or a custom domain's base path; empty if not known.

    For events of routes without parameters. `path` has a base path in front, and lacks a stage: `resource` is the same.
    """
    context = event["requestContext"]
    prefix = str(context.get("path") or "").removesuffix(str(event.get("resource") or ""))
    host, scheme = context.get("domainName"), header(event, "x-forwarded-proto") or "https"
    return f"{scheme}://{host}{prefix}" if host else ""


def answer(document: Any, *, status: int = 200) -> Response:
    """Return a response with a JSON document."""
    return Response(status, JSON, msgspec.json.encode(document).decode())


def inferred(written: "Written") -> Response:
    """Return the response of an inference request, binary where it has binary data; raises TooLargeError."""
    response_size.check(written.body if written.json_length is not None else written.body.decode())
    if written.json_length is None:
        return Response(200, JSON, written.body.decode())
    return Response(200, BINARY, written.body, {"Inference-Header-Content-Length": str(written.json_length)})


def invoked(text: str, content_type: str, identity: Mapping[str, Any], request: str) -> Response:
    """Return predictions; the headers name the exact release, and the request, which begins each prediction's id.

    Raises TooLargeError.
    """
    response_size.check(text)
    facts = {f"X-Fairlead-{name.title()}": str(identity[name]) for name in ("model", "version", "digest", "release")}
    return Response(200, content_type, text, {**facts, "X-Fairlead-Request": request})


def problem(error: FairleadError) -> Response:
    """Return an error's problem answer: clients match on the stable `code`; `detail` and `hint` are for reading.

    `error` is `detail` again, for clients of the Open Inference Protocol.
    """
    body: dict[str, Any] = {
        "type": f"urn:fairlead:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error),
        "code": error.code,
        "error": str(error),
    }
    if error.hint:
        body["hint"] = error.hint
    if isinstance(error, RowsError) and error.errors:
        body["errors"] = error.errors
    if isinstance(error, NoSuchVersionError) and error.versions is not None:
        body["versions"] = error.versions
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, UnavailableError) else {}
    return Response(error.status, PROBLEM, msgspec.json.encode(_presentable(body)).decode(), headers)


def _presentable(value: Any) -> Any:
    """Return a document with its texts cut to LONGEST_TEXT, and with lone surrogates, which callers send, escaped."""
    if isinstance(value, str):
        text = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
        return text.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {name: _presentable(member) for name, member in value.items()}
    return [_presentable(one) for one in value] if isinstance(value, list) else value


def _arrived(context: Mapping[str, Any]) -> int:
    return context.get("requestTimeEpoch") or int(time.time() * 1000)
