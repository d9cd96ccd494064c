"""The clock of the commands."""

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.errors import SettingsError
from fairlead_cli import clock


def test_it_is_the_machines_time() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("ahead", ["86400", "-86400.5"])
def test_it_is_ahead_of_the_machine_by_the_variable(ahead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_CLOCK_AHEAD", ahead)
    assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=float(ahead))) < timedelta(minutes=1)


@pytest.mark.parametrize("ahead", ["an hour", "nan", "1e300"])
def test_a_variable_without_seconds_is_refused(ahead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_CLOCK_AHEAD", ahead)
    with pytest.raises(SettingsError, match="FAIRLEAD_CLOCK_AHEAD must be a number of seconds"):
        clock.now()
