"""`AsyncClient`: the methods of `Client` as coroutines, in threads of its own."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar

from fairlead.client.client import PARALLEL, Client
from fairlead.client.connections import CONNECTIONS
from fairlead.client.endpoint import DEADLINE
from fairlead.client.results import Predictions

Result = TypeVar("Result")


class AsyncClient:
    """`Client` for asyncio: `async with AsyncClient(url) as client: await client.predict(frame)`.

    Takes the arguments of `Client`. At most 32 calls run at a time. A cancelled call stops waiting; its requests end by
    their deadline.
    """

    def __init__(self, url: str, *, session: Any = None, deadline: float = DEADLINE, parallel: int = PARALLEL) -> None:
        self._client = Client(url, session=session, deadline=deadline, parallel=parallel)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fairlead")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the client; calls that wait for a thread are cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def describe(self, version: int | None = None) -> dict[str, Any]:
        """Do the same as `Client.describe`."""
        return await self._run(partial(self._client.describe, version))

    async def predict(self, rows: Any, *, version: int | None = None, explain: bool = False) -> Predictions:
        """Do the same as `Client.predict`."""
        return await self._run(partial(self._client.predict, rows, version=version, explain=explain))

    async def feedback(
        self, ids: Iterable[str], actual: Iterable[Any], *, comments: Iterable[str | None] | None = None
    ) -> list[dict[str, Any]]:
        """Do the same as `Client.feedback`."""
        return await self._run(partial(self._client.feedback, ids, actual, comments=comments))

    async def _run(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
