"""`/_fairlead/…` on the AWS port: test controls for which AWS has no API."""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from werkzeug import Request, Response

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.clock import Clock
from fairlead_local.codedeploy.context import Pace
from fairlead_local.faults import Faults
from fairlead_local.http_message import WsgiApp
from fairlead_local.iam.web_identity import WebIdentities

PREFIX = "/_fairlead/"


class Control:
    """A WSGI application in front of another: clock, CodeDeploy's delays, faults, variants, and Inactive versions.

    GET /_fairlead/clock returns the time; POST requests change clock, pace, faults, variants and
    inactive, and sign tokens.
    """

    def __init__(
        self,
        rest: WsgiApp,
        clock: Clock,
        pace: Pace,
        faults: Faults,
        variants: AwsVariants,
        web_identities: WebIdentities,
        *,
        make_inactive: Callable[[str, str], None],
    ) -> None:
        self._rest = rest
        self._faults = faults
        self._variants = variants
        self._web_identities = web_identities
        self._inactivate = make_inactive
        self._clock = clock
        self._pace = pace

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a control request, or pass the request on."""
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._rest(environ, start_response)
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        acts: dict[str, Callable[[Request], Response]] = {
            "clock": self._advance,
            "pace": self._set_pace,
            "faults": partial(_set, self._faults.set),
            "variants": partial(_set, self._variants.set),
            "token": partial(_set, self._web_identities.token),
            "inactive": self._make_inactive,
        }
        act = acts.get(request.path.removeprefix(PREFIX))
        if act and request.method == "POST":
            return act(request)
        if act == self._advance:
            return _json({"now": self._clock.now()})
        return _json({"message": f"there is no control {request.path}"}, 404)

    def _advance(self, request: Request) -> Response:
        try:
            seconds = float(json.loads(request.get_data())["advance"])
            return _json({"now": self._clock.advance(seconds)})
        except (KeyError, TypeError, ValueError) as error:
            return _json({"message": f'send {{"advance": seconds}}: {error}'}, 400)

    def _make_inactive(self, request: Request) -> Response:
        try:
            params = json.loads(request.get_data())
            self._inactivate(params["function"], params["version"])
        except (KeyError, TypeError, ValueError) as error:
            return _json({"message": str(error)}, 400)
        return _json(params)

    def _set_pace(self, request: Request) -> Response:
        try:
            wanted = {name: float(seconds) for name, seconds in json.loads(request.get_data()).items()}
        except (AttributeError, TypeError, ValueError) as error:
            return _json({"message": f"send seconds by name: {error}"}, 400)
        if not wanted.keys() <= vars(self._pace).keys():
            return _json({"message": f"there is {', '.join(vars(self._pace))} to set"}, 400)
        vars(self._pace).update(wanted)
        return _json(vars(self._pace))


def _set(change: Callable[[dict[str, Any]], dict[str, Any]], request: Request) -> Response:
    try:
        return _json(change(json.loads(request.get_data())))
    except (AttributeError, TypeError, ValueError) as error:
        return _json({"message": str(error)}, 400)


def _json(facts: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(facts), status, content_type="application/json")
