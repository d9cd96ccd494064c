"""`/_fairlead/…` on the cloud's API port: what AWS has no API for, because nobody moves AWS's clock."""

import json
from collections.abc import Iterable
from typing import Any

from werkzeug import Request, Response

from fairlead_local.clock import Clock
from fairlead_local.deploys.world import Pace
from fairlead_local.faults import Faults

PREFIX = "/_fairlead/"


class Control:
    """A WSGI application: /_fairlead/clock tells and moves the time, /_fairlead/pace says how long deployments take.

    /_fairlead/faults makes things fail.
    """

    def __init__(self, clock: Clock, pace: Pace, faults: Faults) -> None:
        self._faults = faults
        self._clock = clock
        self._pace = pace

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == f"{PREFIX}pace" and request.method == "POST":
            return self._set_pace(request)
        if request.path == f"{PREFIX}faults" and request.method == "POST":
            return self._set_faults(request)
        if request.path != f"{PREFIX}clock":
            return _json({"message": f"nothing at {request.path}"}, 404)
        if request.method == "POST":
            try:
                seconds = float(json.loads(request.get_data())["advance"])
                return _json({"now": self._clock.advance(seconds)})
            except (KeyError, TypeError, ValueError) as error:
                return _json({"message": f'send {{"advance": seconds}}: {error}'}, 400)
        return _json({"now": self._clock.now()})

    def _set_faults(self, request: Request) -> Response:
        try:
            return _json(self._faults.set(json.loads(request.get_data())))
        except (AttributeError, TypeError, ValueError) as error:
            return _json({"message": str(error)}, 400)

    def _set_pace(self, request: Request) -> Response:
        try:
            wanted = {name: float(seconds) for name, seconds in json.loads(request.get_data()).items()}
        except (AttributeError, TypeError, ValueError) as error:
            return _json({"message": f"send seconds by name: {error}"}, 400)
        if not wanted.keys() <= vars(self._pace).keys():
            return _json({"message": f"there is {', '.join(vars(self._pace))} to set"}, 400)
        vars(self._pace).update(wanted)
        return _json(vars(self._pace))


def _json(facts: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(facts), status, content_type="application/json")
