"""A queue that can be asked to finish what is in it now, though more is put in all the time."""

import queue
from typing import Any


class DrainQueue[Item](queue.Queue[Item]):
    """Items end in the order in which they came; whoever takes one says `task_done`."""

    def __init__(self) -> None:
        super().__init__()
        self._came = 0
        self._ended = 0

    def settle(self, seconds: float) -> bool:
        """Wait until what has come so far has ended; whether anything had not."""
        with self.all_tasks_done:
            awaited = self._came
            waited = self._ended < awaited
            self.all_tasks_done.wait_for(lambda: self._ended >= awaited, seconds)
            return waited

    def task_done(self) -> None:
        """Say that the oldest item has ended."""
        super().task_done()
        with self.all_tasks_done:
            self._ended += 1
            self.all_tasks_done.notify_all()

    def _put(self, item: Any) -> None:
        self._came += 1
        super()._put(item)
