"""Decides which requests the console answers: those with the start URL's token, from a page of the console itself.

The token is part of every URL instead of a cookie: cookies ignore ports, so a browser would send one to each other
server on this machine. Host keeps out names that an attacker points at loopback (DNS rebinding). Origin and
Sec-Fetch-Site keep out forms of other pages.
"""

import hmac

from fairlead_cli.console.messages import Request

NAMES = ("127.0.0.1", "localhost")
"""The names under which a browser may call: with `ssh -L` it is the second."""


class Guard:
    """The checks of one console, which listens on `port`."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token.encode()
        self._hosts = {f"{name}:{port}" for name in NAMES}

    def refusal(self, request: Request) -> str:
        """Return why a request is refused; empty if it may pass."""
        host = request.headers.get("Host", "")
        if host not in self._hosts:
            return f"the console answers only under {' and '.join(sorted(self._hosts))}"
        given = request.path.removeprefix("/").partition("/")[0]
        if not hmac.compare_digest(given.encode(), self._token):
            return "this address has no token, or one of a console that has ended"
        origin = request.headers.get("Origin")
        if origin != f"http://{host}" and (request.method == "POST" or origin is not None):
            return "the request comes from a page that is not the console's"
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return "the form is not on a page of the console"
        return ""
