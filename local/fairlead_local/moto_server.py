"""moto's server as a WSGI application, and the few things about it that must be otherwise here."""

import functools
import logging
import os
from datetime import UTC, datetime
from typing import Any

from fairlead_local.account import ACCOUNT, REGION
from fairlead_local.clock import Clock


def prepare() -> None:
    """Settings that moto and the SAM translator read from the environment; call before anything imports them."""
    # AWS's managed policies must exist, because roles attach them and the SAM transform looks up their ARNs.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    # The SAM translator takes its region from here.
    os.environ["AWS_DEFAULT_REGION"] = REGION
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


def application() -> Any:
    """The WSGI application that finds moto's service for a request."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    class Dispatcher(DomainDispatcherApplication):
        """Remembers whose a host is: moto looks through its own folder for it, at each request, one after the other."""

        @functools.cache  # noqa: B019 - lives as long as the process
        def get_backend_for_host(self, host: str | None) -> Any:
            return super().get_backend_for_host(host)

    return Dispatcher(create_backend_app)


def follow(clock: Clock) -> None:
    """Let moto's log service read the cloud's clock, or it would refuse lines as more than two hours in the future."""
    from moto.logs import models

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now(), UTC).replace(tzinfo=None)

    vars(models)["utcnow"] = now


def request_handler() -> Any:
    """The handler moto needs for S3's header names, with keep-alive, or boto3 would connect anew for each call."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class KeepAlive(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

    return KeepAlive
