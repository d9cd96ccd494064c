"""Requests and responses of the console, without sockets."""

from collections.abc import Mapping
from typing import NamedTuple

HTML = "text/html; charset=utf-8"
OWN = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The policy of the console's own pages: no inline script, no inline style, nothing from elsewhere."""


class Request(NamedTuple):
    """One HTTP request; `path` is decoded, without query; `headers` are by name in title case; `form` is of a POST."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


class Response(NamedTuple):
    """One HTTP response; `policy` is its Content-Security-Policy, `location` where a redirect leads."""

    status: int
    body: bytes
    content_type: str = HTML
    policy: str = OWN
    location: str = ""
