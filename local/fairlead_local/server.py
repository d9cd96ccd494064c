"""The server process: creates the cloud and serves its two ports on loopback until it is stopped."""

import errno
import fcntl
import gc
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
from fairlead_local.errors import LocalCloudError, PlatformError, PortTakenError
from fairlead_local.folder import ARCHIVES, LOCK, MADE, STATE


@dataclass(frozen=True)
class Bind:
    """The addresses to listen on: two ports (0 = a free one) on loopback, and further addresses for containers."""

    port: int
    api_port: int
    also: Sequence[str] = ()


class Server:
    """Starts on construction; `stop` ends every process and thread.

    With `keep`, the state of the cloud that used the directory before is read at the start, and this one's is written
    at the end. `archives` is a folder for unpacked archives that other clouds use too, instead of one of its own.
    """

    def __init__(
        self, bind: Bind, directory: Path, *, behind: float = 0.0, keep: bool = False, archives: Path | None = None
    ) -> None:
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
        self._directory = directory
        self._keep = keep
        self._lock = _locked(directory) if keep else None
        # Imported here: moto and the translator take seconds, and a taken port is reported before.
        from fairlead_local import kept_state
        from fairlead_local.wiring import Cloud

        if keep:
            kept_state.check_key()
        archives = archives or directory / ARCHIVES
        state = kept_state.load(directory / STATE, archives) if self._kept() else None
        self._remove_files(kept=state is not None)
        self._cloud = Cloud(self.endpoint, directory, archives, behind=-state.offset if state else behind)
        if state:
            self._cloud.restore(state)
        self._aws_api.target = self._cloud.aws_api
        self._answer.target = self._cloud.gateway.answer
        for server in self._servers:
            # The poll interval, in seconds, bounds the time a shutdown takes.
            threading.Thread(target=server.serve_forever, args=(0.05,), name="serve", daemon=True).start()
        self.access_key, self.secret_key = self._admin()
        gc.freeze()  # moto's tables and AWS's policies are never garbage, and each search would walk through them

    def stop(self) -> None:
        """Stop listening, end every function process, deliver the last logs, and write the state if it is kept."""
        if self._keep:
            self._cloud.settle()
        self._cloud.stop()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if self._keep:
            self._cloud.save(self._directory / STATE)
        self._remove_files(kept=self._keep)

    def _kept(self) -> bool:
        return self._keep and (self._directory / STATE).exists()

    def _remove_files(self, *, kept: bool) -> None:
        """Remove the files of a cloud, but for the archives of one that is kept."""
        for name in MADE:
            if not (kept and name == ARCHIVES):
                shutil.rmtree(self._directory / name, ignore_errors=True)

    def _admin(self) -> tuple[str, str]:
        """Return the access key of the user with all rights, who is created unless an earlier cloud had one."""
        from fairlead_local.iam.identities import access_key

        if known := access_key(ADMIN):
            return known
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


def _locked(directory: Path) -> Any:
    """Return the open file whose lock this process holds; raises LocalCloudError if another cloud holds it."""
    opened = (directory / LOCK).open("w")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LocalCloudError(
            f"another local cloud uses {directory}", hint="stop it, or name another folder with --keep"
        ) from error
    return opened


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
