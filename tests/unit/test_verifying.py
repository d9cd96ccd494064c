"""Work with an end: what it returns, what it raises, and that nobody waits for it longer than said."""

import threading
import time

import pytest

from fairlead.verifying import OutOfTimeError, within


def test_work_in_time_returns_its_result() -> None:
    assert within(5, lambda: 42) == 42


def test_work_that_fails_raises_its_own_error() -> None:
    def work() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(5, work)


def test_work_that_does_not_end_is_left_behind() -> None:
    never = threading.Event()
    started = time.monotonic()
    with pytest.raises(OutOfTimeError):
        within(0.05, lambda: never.wait(30))
    assert time.monotonic() - started < 15
    never.set()


@pytest.mark.parametrize("seconds", [0, -20.0])
def test_without_time_nothing_is_waited_for(seconds: float) -> None:
    never = threading.Event()
    with pytest.raises(OutOfTimeError):
        within(seconds, lambda: never.wait(30))
    never.set()
