"""`LocalCloud`: start, use and stop the local cloud."""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from fairlead_local.account import HOST, REGION
from fairlead_local.clients import Clients
from fairlead_local.control_client import control
from fairlead_local.errors import LocalCloudError, PlatformError
from fairlead_local.folder import LOG, STATE, check_own

STAGE = "prod"
STOP_SECONDS, KEEP_SECONDS = 15.0, 120.0


@dataclass(frozen=True)
class Credentials:
    """An access key of a user of the local cloud."""

    access_key_id: str
    secret_access_key: str


class LocalCloud:
    """A local cloud in a child process; as a context manager it leaves nothing behind.

    `port` and `api_port` 0 choose free ports. `directory` holds unpacked archives and `cloud.log`; without one, a
    temporary directory is created and removed. `also_on` lists further addresses to listen on, for containers. The
    cloud's clock starts `behind` seconds ago. With `keep`, it continues with the state that the cloud of the same
    directory had when it stopped, if there is one, and leaves its own there. `archives` is a folder for unpacked
    archives that clouds share, so that each is unpacked once; it stays.
    """

    def __init__(
        self,
        port: int = 0,
        api_port: int = 0,
        directory: Path | None = None,
        *,
        also_on: Sequence[str] = (),
        behind: float = 0.0,
        keep: bool = False,
        archives: Path | None = None,
    ) -> None:
        self._archives = archives
        self._keep = keep
        self._ports = (port, api_port, tuple(also_on))
        self._behind = behind
        self._temporary = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="fairlead-cloud-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}
        self._clients: Clients | None = None

    def start(self) -> Self:
        """Start the child process and wait until it serves; raises LocalCloudError with its reason."""
        if sys.platform != "linux":
            raise PlatformError(sys.platform)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalCloudError(
                f"cannot make the folder {self.directory}: {error.strerror}", hint="name a folder that you may write to"
            ) from error
        if self._keep:
            check_own(self.directory)
        port, api_port, also_on = self._ports
        command = [sys.executable, "-m", "fairlead_local", "--port", str(port), "--api-port", str(api_port)]
        command += [f"--behind={self._behind}"]
        command += ["--directory", str(self.directory.resolve()), *(f"--also-on={address}" for address in also_on)]
        command += ["--temporary"] if self._temporary else []
        command += ["--keep"] if self._keep else []
        command += ["--archives", str(self._archives)] if self._archives else []
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(), start_new_session=True
        )
        atexit.register(self.stop)
        self._facts = self._first_line()
        keys = self.admin
        self._clients = Clients(self.endpoint_url, access_key=keys.access_key_id, secret_key=keys.secret_access_key)
        return self

    def stop(self) -> None:
        """Stop the child process and wait for its end; a second call does nothing."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.terminate()
        try:
            process.wait(KEEP_SECONDS if self._keep else STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said = b""
        if process.stdout:
            with process.stdout as output:
                said = output.read()
        if self._keep and process.returncode and self._facts:  # without facts it never served
            reason = json.loads(said)["error"] if said else f"it ended with status {process.returncode}"
            earlier = (self.directory / STATE).exists()
            hint = "the state of its last end is still there" if earlier else "there is no state of an earlier end"
            raise LocalCloudError(f"the state was not kept in {self.directory}: {reason}", hint=hint)
        if self._temporary:  # the child removes it unless it was killed or never served
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def endpoint_url(self) -> str:
        """The endpoint of every AWS API."""
        return f"http://{HOST}:{self._facts['port']}"

    @property
    def api_url(self) -> str:
        """The URL of the deployed API under the template's default stage."""
        return self.stage_url(STAGE)

    def stage_url(self, stage: str) -> str:
        """Return the URL of the deployed API's stage of that name."""
        return f"http://{HOST}:{self._facts['api_port']}/{stage}"

    @property
    def admin(self) -> Credentials:
        """The access key of a user with all rights."""
        return Credentials(*self._facts["keys"])

    def client(self, service: str) -> Any:
        """Return the boto3 client with the admin's access key."""
        if self._clients is None:
            raise LocalCloudError("the local cloud was not started")
        return self._clients[service]

    def add_user(
        self, name: str, policy_arns: Sequence[str] = (), *, tags: Mapping[str, str] | None = None
    ) -> Credentials:
        """Create a user with these managed policies and tags, unless it exists; return a new access key of it."""
        iam = self.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=name)
        for policy in policy_arns:
            iam.attach_user_policy(UserName=name, PolicyArn=policy)
        if tags:
            iam.tag_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def now(self) -> float:
        """Return the cloud's time in seconds since the epoch."""
        return float(self._control("clock")["now"])

    def advance(self, seconds: float) -> float:
        """Advance the cloud's clock and run everything that becomes due before returning the new time."""
        return float(self._control("clock", {"advance": seconds})["now"])

    def set_pace(self, **seconds: float) -> None:
        """Set CodeDeploy's delays in seconds: `begin`, `stop`, `look` (between alarm checks), `hook` (timeout)."""
        self._control("pace", seconds)

    def make_inactive(self, function: str, version: str) -> None:
        """Make a SnapStart version Inactive, as after 14 days without a call; the next call reactivates it."""
        self._control("inactive", {"function": function, "version": version})

    @contextlib.contextmanager
    def faults(
        self, *, functions: Mapping[str, Literal["fail", "throttle"]] | None = None, writes: int = 0
    ) -> Iterator[None]:
        """Inject faults while the block runs: functions that fail or are throttled, and throttled DynamoDB writes.

        `functions` maps names to faults; a failing function does not run and answers with a function error. `writes` is
        the number of writes to throttle, -1 for all.
        """
        named = functions or {}
        self._control("faults", {"functions": dict(named), "writes": writes})
        try:
            yield
        finally:
            self._control("faults", {"functions": dict.fromkeys(named), "writes": 0})

    def identity_token(self, **claims: Any) -> str:
        """Return a token with these claims (`iss`, `sub`, `aud`), signed for AssumeRoleWithWebIdentity."""
        return str(self._control("token", claims)["token"])

    @contextlib.contextmanager
    def variants(self, **variants: Any) -> Iterator[None]:
        """Play variants of AWS while the block runs: the fields of `AwsVariants`, by name."""
        self._control("variants", variants)
        try:
            yield
        finally:
            self._control("variants", dict.fromkeys(variants))

    def environment(self, credentials: Credentials | None = None) -> dict[str, str]:
        """Return the environment variables that point AWS's tools and `fairlead` at this cloud."""
        keys = credentials or self.admin
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_PAGER": "",
            "FAIRLEAD_API_URL": self.api_url,
            "SAM_CLI_TELEMETRY": "0",
            # SAM polls every five seconds by default; operations here are faster.
            "SAM_CLI_POLL_DELAY": "0.2",
        }

    def wait(self) -> None:
        """Block while the child process serves; raises LocalCloudError when it ends by itself."""
        if self._process:
            self._process.wait()
            raise LocalCloudError("the local cloud ended by itself", hint=f"see {self.directory / LOG}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _control(self, path: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
        return control(self.endpoint_url, path, order)

    def _first_line(self) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdout is None:
            raise LocalCloudError("the local cloud was not started")
        line = process.stdout.readline()
        facts: dict[str, Any] = json.loads(line) if line else {}
        if "port" in facts:
            return facts
        log = self.directory / LOG
        self.stop()
        raise LocalCloudError(
            facts.get("error", "the local cloud ended before it served"), hint=facts.get("hint") or f"see {log}"
        )


def _environment() -> dict[str, str]:
    """Return this process's environment without variables that point AWS's tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    # A child does not inherit import paths that a test runner has set up.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
