"""The server process: creates the cloud and serves its two ports on loopback until it is stopped."""

import errno
import shutil
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead_local import moto_server
from fairlead_local.account import ADMIN, HOST
from fairlead_local.clients import Clients
from fairlead_local.errors import PlatformError, PortTakenError

KEPT = ("archives", "runtime", "opt-empty")


@dataclass(frozen=True)
class Bind:
    """The addresses to listen on: two ports (0 = a free one) on loopback, and further addresses for containers."""

    port: int
    api_port: int
    also: Sequence[str] = ()


class Server:
    """Starts on construction; `stop` ends every process and thread."""

    def __init__(self, bind: Bind, directory: Path, *, behind: float = 0.0) -> None:
        if sys.platform != "linux":
            raise PlatformError(sys.platform)
        moto_server.prepare()
        self._servers: list[Any] = []
        self._aws_api: Any = _Deferred()
        self._answer: Any = _Deferred()
        self.port = self._listen(HOST, bind.port, "--port", self._aws_api)
        self.endpoint = f"http://{HOST}:{self.port}"
        self.api_port = self._listen_api(HOST, bind.api_port)
        for address in bind.also:
            self._listen(address, self.port, "--port", self._aws_api)
            self._listen_api(address, self.api_port)
        # Files of an earlier cloud are of no use: everything else is in memory.
        for old in KEPT:
            shutil.rmtree(directory / old, ignore_errors=True)
        self._directory = directory
        # Imported here: moto and the translator take seconds, and a taken port is reported before.
        from fairlead_local.wiring import Cloud

        self._cloud = Cloud(self.endpoint, directory, behind=behind)
        self._aws_api.target = self._cloud.aws_api
        self._answer.target = self._cloud.gateway.answer
        for server in self._servers:
            # The poll interval, in seconds, bounds the time a shutdown takes.
            threading.Thread(target=server.serve_forever, args=(0.05,), name="serve", daemon=True).start()
        self.access_key, self.secret_key = self._admin()

    def stop(self) -> None:
        """Stop listening, end every function process, and deliver the last logs."""
        self._cloud.stop()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for old in KEPT:
            shutil.rmtree(self._directory / old, ignore_errors=True)

    def _admin(self) -> tuple[str, str]:
        """Create a user with all rights and return its access key."""
        iam = Clients(self.endpoint)["iam"]
        iam.create_user(UserName=ADMIN)
        iam.attach_user_policy(UserName=ADMIN, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName=ADMIN)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _listen(self, host: str, port: int, option: str, app: Any) -> int:
        from werkzeug.serving import make_server

        _check_free(host, port, option)
        server = make_server(host, port, app, threaded=True, request_handler=moto_server.request_handler())
        server.daemon_threads = True  # type: ignore[attr-defined]  # a ThreadingMixIn, because threaded
        self._servers.append(server)
        return int(server.server_address[1])

    def _listen_api(self, host: str, port: int) -> int:
        from fairlead_local.apigateway.http_server import GatewayServer

        _check_free(host, port, "--api-port")
        server = GatewayServer((host, port), self._answer)
        self._servers.append(server)
        return int(server.server_address[1])


class _Deferred:
    """A WSGI application that is set later; the sockets are opened first, so that a taken port fails early."""

    target: Any = None

    def __call__(self, *args: Any) -> Any:
        return self.target(*args)


def _check_free(host: str, port: int, option: str) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(port, option) from error
            raise
