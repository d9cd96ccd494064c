"""HTTP requests and responses as they are on the wire, independent of any web framework."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(frozen=True)
class HttpRequest:
    """Method, raw target (path and query as sent), headers in order and case, body, and the sender's address."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str

    @property
    def path(self) -> str:
        """The raw path."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the last header of that name, as API Gateway's single-value view does."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None


@dataclass
class HttpResponse:
    """Status, headers in order, and body."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def set(self, name: str, value: str) -> None:
        """Set a header, replacing any of that name."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))

    def has(self, name: str) -> bool:
        """Return whether a header of that name is set."""
        return any(key.lower() == name.lower() for key, _ in self.headers)


def read_request(environ: dict[str, Any]) -> HttpRequest:
    """Return a WSGI request as it was sent; its body can be read again."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    names = {name: name[5:] for name in environ if name.startswith("HTTP_")}
    names |= {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in environ}
    headers = tuple((name.replace("_", "-"), str(environ[key])) for key, name in names.items())
    return HttpRequest(environ["REQUEST_METHOD"], environ["RAW_URI"], headers, body, environ.get("REMOTE_ADDR", ""))
