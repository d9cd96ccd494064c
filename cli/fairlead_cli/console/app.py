"""Answers one request: guard, route, page. An error becomes a page with its hint; no traceback leaves the process."""

import re
import traceback
from collections.abc import Callable
from importlib import resources
from typing import NamedTuple

from fairlead.errors import FairleadError, NotFoundError
from fairlead.settings import Operator
from fairlead_cli.console.frame import framed
from fairlead_cli.console.guard import Guard
from fairlead_cli.console.messages import Request, Response
from fairlead_cli.console.pages import (
    actions,
    api,
    compare,
    fleet,
    monitor,
    refused,
    stack,
    timeline,
    version,
    versions,
)
from fairlead_cli.console.styles import SHEET
from fairlead_cli.console.visit import Page, Visit

View = Callable[[Visit], Page | Response]
NAMES = {"stack": r"[A-Za-z][A-Za-z0-9-]*", "model": r"[a-z0-9][a-z0-9-]{0,62}", "version": r"[1-9][0-9]{0,8}"}
STACK = "stacks/{stack}"
MODEL = STACK + "/models/{model}"
VERSION = MODEL + "/versions/{version}"
ALLOW = "start it again as `fairlead console --allow-actions`"
CONFLICT = 409
"""The status of errors that have none of their own, such as a refused release; 500 is a defect."""


class Route(NamedTuple):
    """A path with names in braces, and its page; pages that release or roll back, and their forms, `act`."""

    path: str
    view: View
    method: str = "GET"
    acts: bool = False


ROUTES = (
    Route("", fleet.page),
    Route(STACK, stack.page),
    Route(MODEL, versions.page),
    Route(f"{MODEL}/compare", compare.page),
    Route(f"{MODEL}/timeline", timeline.timeline),
    Route(f"{MODEL}/decisions", timeline.decisions),
    Route(f"{MODEL}/monitor", monitor.page),
    Route(f"{MODEL}/rollback", actions.rollback_form, acts=True),
    Route(f"{MODEL}/rollback", actions.rollback, "POST", acts=True),
    Route(VERSION, version.page),
    Route(f"{VERSION}/release", actions.release_form, acts=True),
    Route(f"{VERSION}/release", actions.release, "POST", acts=True),
    Route(f"{VERSION}/report", version.report),
    Route(f"{VERSION}/report.html", version.report_file),
    Route(f"{VERSION}/api", api.page),
    Route(f"{VERSION}/api", api.answered, "POST"),
    Route(f"{VERSION}/api.html", api.document),
)


class Console:
    """The pages of one start: its token, the command's own settings, and whether releases and rollbacks are allowed."""

    def __init__(self, home: Operator, *, token: str, port: int, actions: bool, debug: bool = False) -> None:
        self._home = home
        self._root = f"/{token}"
        self._guard = Guard(token, port)
        self._actions = actions
        self._debug = debug
        self._routes = [(re.compile(_pattern(route.path)), route) for route in ROUTES]

    def answer(self, request: Request) -> Response:
        """Return the response to a request."""
        if reason := self._guard.refusal(request):
            return Response(403, f"{reason}: open the URL that `fairlead console` printed\n".encode(), "text/plain")
        path = request.path.removeprefix(self._root)
        if path == "/console.css":
            return Response(200, SHEET.encode(), "text/css; charset=utf-8")
        if path == "/live.js":
            return Response(200, _script(), "text/javascript; charset=utf-8")
        return self._page(request, path.strip("/"))

    def _page(self, request: Request, path: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        found = [(match, route) for pattern, route in self._routes if (match := pattern.fullmatch(path))]
        route = next((route for _, route in found if route.method == method), Route("", _missing))
        visit = Visit(
            self._root,
            found[0][0].groupdict() if found else {},
            home=self._home,
            query=request.query,
            form=request.form,
            actions=self._actions,
        )
        status, page = self._made(route, visit)
        if isinstance(page, Response):
            return page
        return Response(status, framed(visit, page, request.path).encode())

    def _made(self, route: Route, visit: Visit) -> tuple[int, Page | Response]:
        if route.acts and not self._actions:
            return 403, refused.page("this console is read-only", ALLOW)
        try:
            return 200, route.view(visit)
        except FairleadError as error:
            if self._debug:
                traceback.print_exception(error)
            return CONFLICT if error.status == FairleadError.status else error.status, refused.page(
                str(error), error.hint
            )
        except Exception as error:  # noqa: BLE001 - the other pages continue to work
            if self._debug:
                traceback.print_exception(error)
            said = f"unexpected {type(error).__name__}: {error}"
            return 500, refused.page(
                said, "this is a defect: start `fairlead --debug console` and report what it prints"
            )


def _missing(_: Visit) -> Page:
    raise NotFoundError("the console has no such page", hint="open the first page, the fleet")


def _pattern(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{NAMES[found[1]]})", path)


def _script() -> bytes:
    return (resources.files("fairlead_cli.console") / "live.js").read_bytes()
