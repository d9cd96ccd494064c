"""moto's server as a WSGI application, with the changes that the local cloud needs."""

import functools
import logging
import os
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.clock import Clock


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
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

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
    """Return moto's request handler, which S3's header names need, with keep-alive for boto3."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class KeepAlive(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

    return KeepAlive
