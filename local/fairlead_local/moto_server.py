"""moto's server as a WSGI application, with the changes that the local cloud needs."""

import functools
import io
import logging
import os
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.clock import Clock
from fairlead_local.http_body import read_body

logger = logging.getLogger(__name__)
NO_CONTENT = (204, 304)


def prepare() -> None:
    """Set what moto and the SAM translator read from the environment; call it before they are imported."""
    # Roles attach AWS's managed policies, and the SAM transform looks up their ARNs.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    # The SAM translator reads its region here.
    os.environ["AWS_DEFAULT_REGION"] = REGION
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # It would log each failed state; executions say it themselves.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)


def application() -> Any:
    """Return the WSGI application that finds moto's service for a request."""
    from moto.core import responses, utils
    from moto.core.common_models import BaseModel
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    # moto keeps every object that it ever made, for a reset; no cloud is reset.
    BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)  # type: ignore[method-assign]
    # moto otherwise lists a service's methods at each request.
    vars(responses)["method_names_from_class"] = functools.cache(utils.method_names_from_class)

    class Dispatcher(DomainDispatcherApplication):
        """Caches the service of each host, for which moto otherwise searches its own folder at each request."""

        @functools.cache  # noqa: B019 - lives as long as the process
        def get_backend_for_host(self, host: str | None) -> Any:
            return super().get_backend_for_host(host)

    return Dispatcher(create_backend_app)


def follow(clock: Clock) -> None:
    """Make moto's log service read the cloud's clock; it refuses events more than two hours in the future."""
    from moto.logs import models

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now(), UTC).replace(tzinfo=None)

    vars(models)["utcnow"] = now


def request_handler() -> Any:
    """Return moto's request handler, which S3's header names need, with keep-alive and one write for each answer.

    werkzeug's own closes the connection after each answer; a client then spends more on connections than on requests.
    """
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.exceptions import InternalServerError
    from werkzeug.test import run_wsgi_app

    class KeepAlive(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 60
        """Seconds that an unused connection stays open."""

        def run_wsgi(self) -> None:
            try:
                environ = self.make_environ()
                environ["wsgi.input"] = io.BytesIO(read_body(self.headers, self.rfile))
            except ValueError as error:  # of the path or the body; where the next request begins is unknown
                self.send_error(400, explain=str(error))
                return
            try:
                chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            except Exception:
                logger.exception("%s %s failed", self.command, self.path)
                chunks, status, headers = run_wsgi_app(InternalServerError(), environ, buffered=True)
            self._answer(int(status.split()[0]), headers, b"".join(chunks))

        def _answer(self, status: int, headers: Any, content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if "content-length" not in headers and status not in NO_CONTENT:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            self.wfile.flush()

        def handle_expect_100(self) -> bool:
            done = super().handle_expect_100()
            self.wfile.flush()
            return done

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Log nothing: failures are logged where they are found."""

    return KeepAlive
