"""The hook's settings, and its time limit for each step."""

import threading

import pytest

from fairlead import settings
from fairlead.errors import SettingsError
from fairlead.verification.hook import OutOfTimeError, within


def test_work_in_time_returns_its_result() -> None:
    assert within(5, lambda: 42) == 42


def test_work_that_fails_raises_its_own_error() -> None:
    def work() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(5, work)


def test_work_that_does_not_end_is_left_behind() -> None:
    never, ended = threading.Event(), []
    with pytest.raises(OutOfTimeError):
        within(0.05, lambda: ended.append(never.wait(60)))
    assert ended == []
    never.set()


@pytest.mark.parametrize("seconds", [0, -20.0])
def test_without_time_nothing_is_waited_for(seconds: float) -> None:
    never = threading.Event()
    with pytest.raises(OutOfTimeError):
        within(seconds, lambda: never.wait(30))
    never.set()


ENV = {
    "FAIRLEAD_BUCKET": "registry",
    "FAIRLEAD_FUNCTION": "fairlead-predict",
    "FAIRLEAD_STACK": "fairlead",
    "FAIRLEAD_LATENCY_MS": "500",
    "FAIRLEAD_COLD_START_MS": "10000",
}


def test_settings_are_the_stacks() -> None:
    found = settings.verifying(ENV)
    assert (found.bucket, found.function, found.latency_ms, found.cold_start_ms) == (
        "registry",
        "fairlead-predict",
        500.0,
        10000.0,
    )


@pytest.mark.parametrize("name", ENV)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        settings.verifying({**ENV, name: ""})


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_a_budget_is_a_number_of_milliseconds(value: str) -> None:
    with pytest.raises(SettingsError, match="FAIRLEAD_LATENCY_MS must be a number of milliseconds above 0"):
        settings.verifying({**ENV, "FAIRLEAD_LATENCY_MS": value})
