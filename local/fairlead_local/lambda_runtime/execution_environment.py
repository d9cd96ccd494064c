"""An execution environment: a process of one version that serves one request at a time."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fairlead_local.iam.roles import Keys
from fairlead_local.lambda_.outcome import Outcome, failure
from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_runtime.environment_variables import variables
from fairlead_local.lambda_runtime.platform_log import PlatformLog
from fairlead_local.lambda_runtime.process_output import Line, ProcessOutput
from fairlead_local.lambda_runtime.runtime_api import Invocation, RuntimeApi, deadline

INIT_SECONDS = 10.0
RESPONSE_LIMIT = 6_291_556  # bytes
Deliver = Callable[[Version, str, list[Line]], None]


class ExecutionEnvironment:
    """Starts the process; `alive` is False after a timeout, a crash or a failed init."""

    def __init__(
        self, version: Version, *, opt: Path, runtime: Path, endpoint: str, keys: Keys, deliver: Deliver
    ) -> None:
        self.version = version
        self.last_used = time.monotonic()
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version.number}]{uuid.uuid4().hex}"
        self._home = tempfile.TemporaryDirectory(prefix="fairlead-lambda-")
        self._started = time.monotonic()
        self._init_ms: float | None = None
        self._served = False
        self._killed = False
        self._api = RuntimeApi()
        reading, writing = os.pipe()
        self._output = ProcessOutput(reading, lambda lines: deliver(version, self.stream, lines))
        self._log = PlatformLog(version, self._output)
        env = variables(
            version,
            task=version.code.folder,
            opt=opt,
            runtime=runtime,
            stream=self.stream,
            endpoint=endpoint,
            keys=keys,
        )
        env |= {"AWS_LAMBDA_RUNTIME_API": self._api.address, "TMPDIR": self._home.name, "HOME": self._home.name}
        # -S and -s hide this environment's and the user's packages from the function; -B: /opt is read-only.
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter this runs in
            [sys.executable, "-S", "-s", "-B", "-m", "awslambdaric", version.settings["Handler"]],
            cwd=version.code.folder, env=env, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing,
            start_new_session=True,
        )  # fmt: skip
        os.close(writing)
        threading.Thread(target=self._watch, name=f"watch {self.stream}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can serve another request."""
        return not self._killed and self._process.poll() is None and self._api.init_error is None

    def initialised(self) -> bytes | None:
        """Wait for the end of init; return the error payload if it failed or timed out."""
        timeout = INIT_SECONDS + self.version.settings["Timeout"]
        if not self._api.ready.wait(timeout):
            self._api.fail(failure("Sandbox.Timedout", f"init did not end within {timeout:.0f} seconds"))
            self.kill()
        if self._init_ms is None:
            self._init_ms = (time.monotonic() - self._started) * 1000
        return self._api.init_error

    def run(self, payload: bytes, *, request_id: str, arn: str, trace: str) -> Outcome:
        """Serve one request; on a timeout the process is killed, as in Lambda."""
        self._output.begin()
        self._log.start(request_id)
        init_error = self.initialised()
        if init_error is not None:
            return self._finish(request_id, init_error, failed=True, duration_ms=0.0)
        seconds = self.version.settings["Timeout"]
        invocation = Invocation(request_id, arn, payload, deadline(seconds), trace)
        started = time.monotonic()
        self._api.send(invocation)
        if not invocation.done.wait(seconds):
            self.kill()
            message = f"{request_id} Task timed out after {seconds:.2f} seconds"
            invocation.finish(
                failure("Sandbox.Timedout", f"RequestId: {request_id} Error: {message[37:]}"), failed=True
            )
            self._output.note(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {message}\n")
        answer, failed = invocation.answer, invocation.failed
        if len(answer) > RESPONSE_LIMIT:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            answer, failed = failure("Function.ResponseSizeTooLarge", message), True
        return self._finish(request_id, answer, failed=failed, duration_ms=(time.monotonic() - started) * 1000)

    def kill(self) -> None:
        """Kill the process group."""
        # A killed process still exists for a moment.
        self._killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill the process and remove its files."""
        self.kill()
        self._process.wait(10)
        self._api.close()
        self._output.close()
        self._home.cleanup()

    def _finish(self, request_id: str, answer: bytes, *, failed: bool, duration_ms: float) -> Outcome:
        self._output.drain()
        self._log.end(request_id, duration_ms, None if self._served else self._init_ms, self._peak_megabytes())
        self._served = True
        self.last_used = time.monotonic()
        return Outcome(answer, "Unhandled" if failed else None, self._output.drain(), duration_ms)

    def _peak_megabytes(self) -> int:
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            return int(line.split()[1]) // 1024
        return 0

    def _watch(self) -> None:
        code = self._process.wait()
        how = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        self._api.fail(failure("Runtime.ExitError", f"Runtime exited with error: {how}"))
