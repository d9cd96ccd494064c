"""The cloud's clock: timers run in order, at their moment."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from fairlead_local.clock import Clock
from fairlead_local.cloud import Credentials, LocalCloud
from fairlead_local.wiring import SETTLE_SECONDS
from tests.local.support import call


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    made.stop()


def test_advance_runs_due_timers_in_order_at_their_moment(clock: Clock) -> None:
    start, seen = clock.now(), []
    clock.at(start + 200, lambda: seen.append(("second", clock.now())))
    clock.at(start + 100, lambda: seen.append(("first", clock.now())))
    clock.at(start + 5000, lambda: seen.append(("later", clock.now())))

    now = clock.advance(300)

    assert seen == [("first", start + 100), ("second", start + 200)]
    assert 300 <= now - start < 310
    assert 0 <= clock.now() - now < 10, "it runs on with the machine's"


def test_timer_added_by_a_timer_runs_in_the_same_advance(clock: Clock) -> None:
    start, seen = clock.now(), []
    clock.at(start + 60, lambda: clock.after(60, lambda: seen.append(clock.now())))

    clock.advance(150)

    assert seen == [start + 120]


def test_repeated_timer_runs_at_its_interval_until_cancelled(clock: Clock) -> None:
    seen: list[float] = []
    timer = clock.every(60, lambda: seen.append(clock.now()))
    clock.advance(185)
    timer.cancel()
    clock.advance(600)

    assert [later - earlier for earlier, later in itertools.pairwise(seen)] == [60, 60]


def test_failing_timer_does_not_stop_the_clock(clock: Clock) -> None:
    seen: list[float] = []
    clock.after(10, lambda: 1 / 0)
    clock.after(20, lambda: seen.append(clock.now()))

    clock.advance(30)

    assert len(seen) == 1


def test_timer_runs_in_real_time_when_due(clock: Clock) -> None:
    ran = threading.Event()
    clock.after(3600.05, ran.set)
    clock.advance(3600)

    assert ran.wait(10)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_advance_by_an_invalid_number_is_refused(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="cannot advance"):
        clock.advance(seconds)


def test_cloud_reports_and_advances_its_time() -> None:
    with LocalCloud(behind=3600) as cloud:
        before = cloud.now()
        after = cloud.advance(7200)
        assert abs(before - (time.time() - 3600)) < 10
        assert 7200 <= after - before < 7300
        assert cloud.now() >= after


def test_clock_advances_while_callers_continue(cloud: LocalCloud, echo: str, caller: Credentials) -> None:
    """Callers produce log lines all the time; each step waits only for the lines that existed when it began."""
    over = threading.Event()

    def go() -> None:
        while not over.is_set():
            call(echo, caller)

    callers = [threading.Thread(target=go) for _ in range(3)]
    for thread in callers:
        thread.start()
    try:
        started = time.monotonic()
        cloud.advance(60)
        took = time.monotonic() - started
    finally:
        over.set()
        for thread in callers:
            thread.join()

    assert took < SETTLE_SECONDS, "what functions at work are given at most"
