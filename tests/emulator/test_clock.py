"""The cloud's clock: what is due runs in order, at its moment."""

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


def test_advancing_runs_what_falls_due_in_order_and_each_sees_its_moment(clock: Clock) -> None:
    start, seen = clock.now(), []
    clock.at(start + 200, lambda: seen.append(("second", clock.now())))
    clock.at(start + 100, lambda: seen.append(("first", clock.now())))
    clock.at(start + 5000, lambda: seen.append(("later", clock.now())))

    now = clock.advance(300)

    assert seen == [("first", start + 100), ("second", start + 200)]
    assert 300 <= now - start < 310
    assert 0 <= clock.now() - now < 10, "it runs on with the machine's"


def test_work_may_ask_for_more_work_within_the_same_advance(clock: Clock) -> None:
    start, seen = clock.now(), []
    clock.at(start + 60, lambda: clock.after(60, lambda: seen.append(clock.now())))

    clock.advance(150)

    assert seen == [start + 120]


def test_repeated_work_keeps_its_beat_until_it_is_cancelled(clock: Clock) -> None:
    seen: list[float] = []
    timer = clock.every(60, lambda: seen.append(clock.now()))
    clock.advance(185)
    timer.cancel()
    clock.advance(600)

    assert [later - earlier for earlier, later in itertools.pairwise(seen)] == [60, 60]


def test_failing_work_does_not_stop_the_clock(clock: Clock) -> None:
    seen: list[float] = []
    clock.after(10, lambda: 1 / 0)
    clock.after(20, lambda: seen.append(clock.now()))

    clock.advance(30)

    assert len(seen) == 1


def test_in_real_time_work_runs_when_it_is_due(clock: Clock) -> None:
    ran = threading.Event()
    clock.after(3600.05, ran.set)
    clock.advance(3600)

    assert ran.wait(10)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_time_runs_forward_by_a_number_of_seconds(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="cannot advance"):
        clock.advance(seconds)


def test_a_cloud_of_its_own_tells_and_moves_its_time() -> None:
    with LocalCloud(behind=3600) as cloud:
        before = cloud.now()
        after = cloud.advance(7200)
        assert abs(before - (time.time() - 3600)) < 10
        assert 7200 <= after - before < 7300
        assert cloud.now() >= after


def test_time_can_be_moved_on_while_callers_go_on(cloud: LocalCloud, echo: str, caller: Credentials) -> None:
    """Their log lines never cease; each moment waits for those that were there."""
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
