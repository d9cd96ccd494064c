"""A queue's items are taken together, at once when `settle` waits for them."""

import threading
import time

from fairlead_local.drain_queue import DrainQueue


def test_items_that_come_within_the_time_are_taken_together() -> None:
    queue: DrainQueue[int] = DrainQueue()
    queue.put(1)
    threading.Timer(0.05, queue.put, [2]).start()
    assert queue.gather(0.5, 10) == [1, 2]


def test_no_more_than_the_most_are_taken_and_a_full_queue_is_not_waited_for() -> None:
    queue: DrainQueue[int] = DrainQueue()
    for number in range(5):
        queue.put(number)
    began = time.monotonic()
    assert queue.gather(60, 3) == [0, 1, 2]
    assert time.monotonic() - began < 30


def test_settle_ends_the_wait_and_returns_when_its_items_are_done() -> None:
    queue: DrainQueue[int] = DrainQueue()
    taken: list[list[int]] = []

    def work() -> None:
        while True:
            items = queue.gather(60, 10)
            taken.append(items)
            for _ in items:
                queue.task_done()

    threading.Thread(target=work, daemon=True).start()
    for rounds in range(3):
        queue.put(rounds)
        assert queue.settle(30)
        assert taken[-1] == [rounds]
    assert not queue.settle(0)
