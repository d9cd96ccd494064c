"""A queue whose items are taken together, and that can be drained of its present items while others are added."""

import queue
from typing import Any


class DrainQueue[Item](queue.Queue[Item]):
    """A first-in first-out queue; the consumer calls `task_done` after each item."""

    def __init__(self) -> None:
        super().__init__()
        self._came = 0
        self._ended = 0
        self._awaited = 0

    def gather(self, seconds: float, most: int) -> list[Item]:
        """Wait for an item, then `seconds` for more, unless `settle` waits; return what is queued, `most` items."""
        items = [self.get()]
        with self.all_tasks_done:
            self.all_tasks_done.wait_for(lambda: self._awaited > self._ended or self._qsize() >= most, seconds)
        return items + [self.get() for _ in range(min(self.qsize(), most - 1))]

    def settle(self, seconds: float) -> bool:
        """Wait until the items queued so far are done; return whether any was not."""
        with self.all_tasks_done:
            awaited = self._awaited = self._came
            waited = self._ended < awaited
            self.all_tasks_done.notify_all()
            self.all_tasks_done.wait_for(lambda: self._ended >= awaited, seconds)
            return waited

    def task_done(self) -> None:
        """Mark the oldest item as done."""
        super().task_done()
        with self.all_tasks_done:
            self._ended += 1
            self.all_tasks_done.notify_all()

    def _put(self, item: Any) -> None:
        self._came += 1
        super()._put(item)
