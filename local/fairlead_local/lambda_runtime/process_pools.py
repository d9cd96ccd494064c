"""Pools of execution environments by version: idle ones are reused, and ended when their version is deleted."""

import threading
from collections.abc import Callable
from pathlib import Path

from fairlead_local.errors import ServiceError
from fairlead_local.iam.roles import Keys
from fairlead_local.lambda_.archives import Archives
from fairlead_local.lambda_.outcome import Outcome
from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_runtime.execution_environment import Deliver, ExecutionEnvironment

Assume = Callable[[Version], Keys]  # the credentials of a session of the version's role
BUSY_LIMIT = 10  # processes of one version at a time; further requests wait (AWS would start more)
IDLE_LIMIT = 12  # processes kept warm over all versions


class Pool:
    """The environments of one version."""

    def __init__(self, start: Callable[[], ExecutionEnvironment]) -> None:
        self._start = start
        self._changed = threading.Condition()
        self._busy: set[ExecutionEnvironment] = set()
        self.idle: list[ExecutionEnvironment] = []
        self.retired = False

    def acquire(self, concurrency: int | None) -> ExecutionEnvironment:
        """Return an idle environment or a new one; raises TooManyRequestsException over the reserved concurrency."""
        with self._changed:
            if concurrency is not None and len(self._busy) >= concurrency:
                raise ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)
            self._changed.wait_for(lambda: bool(self.idle) or len(self._busy) < BUSY_LIMIT)
            while self.idle:
                environment = self.idle.pop()
                if environment.alive:
                    self._busy.add(environment)
                    return environment
                environment.close()
            environment = self._start()
            self._busy.add(environment)
            return environment

    def release(self, environment: ExecutionEnvironment) -> None:
        """Keep the environment if it can serve another request, else close it."""
        with self._changed:
            self._busy.discard(environment)
            reusable = environment.alive and not self.retired
            if reusable:
                self.idle.append(environment)
            self._changed.notify()
        if not reusable:
            environment.close()

    def take_idle(self, environment: ExecutionEnvironment) -> bool:
        """Remove an idle environment from the pool; return False if it is busy again."""
        with self._changed:
            if environment not in self.idle:
                return False
            self.idle.remove(environment)
            return True

    def retire(self) -> None:
        """Close the idle environments; busy ones close after their request."""
        with self._changed:
            self.retired = True
            gone, self.idle = self.idle, []
        for environment in gone:
            environment.close()

    def kill(self) -> None:
        """Kill all processes."""
        with self._changed:
            environments = [*self.idle, *self._busy]
        for environment in environments:
            environment.kill()


class Pools:
    """All pools; runs requests and limits the number of idle processes."""

    def __init__(
        self, archives: Archives, *, runtime: Path, empty: Path, endpoint: str, deliver: Deliver, assume: Assume
    ) -> None:
        self._archives = archives
        self._runtime = runtime
        self._empty = empty
        self._endpoint = endpoint
        self._deliver = deliver
        self._assume = assume
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], Pool] = {}
        self._stopped = False

    def run(
        self, version: Version, payload: bytes, *, request_id: str, arn: str, trace: str, concurrency: int | None
    ) -> Outcome:
        """Run one request in an environment of the version."""
        pool = self._pool(version)
        environment = pool.acquire(concurrency)
        try:
            return environment.run(payload, request_id=request_id, arn=arn, trace=trace)
        finally:
            pool.release(environment)
            self._trim()

    def initialise(self, version: Version) -> str | None:
        """Run a version's init and keep the process for its first request; return the reason if init failed."""
        pool = self._pool(version)
        environment = pool.acquire(None)
        try:
            error = environment.initialised()
            return None if error is None else error.decode("utf-8", "replace")
        finally:
            pool.release(environment)

    def retire(self, version: Version) -> None:
        """End the processes of a version that was changed or deleted."""
        with self._lock:
            pool = self._pools.pop((version.function, version.number), None)
        if pool:
            threading.Thread(target=pool.retire, name=f"retire {version.arn}", daemon=True).start()

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            self._stopped = True
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.kill()
        for pool in pools:
            pool.retire()

    def _pool(self, version: Version) -> Pool:
        with self._lock:
            if self._stopped:
                raise ServiceError("ServiceException", "the local cloud is stopping", status=500)
            key = (version.function, version.number)
            if key not in self._pools:
                self._pools[key] = Pool(lambda: self._start(version))
            return self._pools[key]

    def _start(self, version: Version) -> ExecutionEnvironment:
        layers = [layer.code for layer in version.layers]
        opt = self._archives.overlay(layers) if layers else self._empty
        return ExecutionEnvironment(
            version,
            opt=opt,
            runtime=self._runtime,
            endpoint=self._endpoint,
            deliver=self._deliver,
            keys=self._assume(version),
        )

    def _trim(self) -> None:
        with self._lock:
            idle = [(environment, pool) for pool in self._pools.values() for environment in list(pool.idle)]
        idle.sort(key=lambda pair: pair[0].last_used)
        for environment, pool in idle[: max(0, len(idle) - IDLE_LIMIT)]:
            if pool.take_idle(environment):
                environment.close()
