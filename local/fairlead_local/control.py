"""`/_fairlead/…` on the cloud's API port: what AWS has no API for, because nobody moves AWS's clock."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug import Request, Response

from fairlead_local.clock import Clock

PREFIX = "/_fairlead/"


class Control:
    """A WSGI application: GET or POST /_fairlead/clock. `settle` delivers what was logged before the clock moves."""

    def __init__(self, clock: Clock, settle: Callable[[], None]) -> None:
        self._clock = clock
        self._settle = settle

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path != f"{PREFIX}clock":
            return _json({"message": f"nothing at {request.path}"}, 404)
        if request.method == "POST":
            try:
                seconds = float(json.loads(request.get_data())["advance"])
                self._settle()
                return _json({"now": self._clock.advance(seconds)})
            except (KeyError, TypeError, ValueError) as error:
                return _json({"message": f'send {{"advance": seconds}}: {error}'}, 400)
        return _json({"now": self._clock.now()})


def _json(facts: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(facts), status, content_type="application/json")
