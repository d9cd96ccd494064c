"""`fairlead local advance`: the clock of a cloud that is behind real time advances, and never beyond real time."""

import json
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from fairlead_cli.main import app
from fairlead_local.cloud import LocalCloud

DAY = 86_400.0


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(behind=DAY) as running:
        yield running


def advance(endpoint: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["local", "advance", *arguments], env={"AWS_ENDPOINT_URL": endpoint})


def test_the_clock_advances_by_hours(cloud: LocalCloud) -> None:
    before = cloud.now()

    done = advance(cloud.endpoint_url, "1.5", "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["now"] == pytest.approx(before + 5400, abs=60)


def test_the_clock_never_gets_ahead_of_real_time(cloud: LocalCloud) -> None:
    done = advance(cloud.endpoint_url, "48")

    assert done.exit_code == 1
    assert "hours behind real time" in done.stderr
    assert "--behind" in done.stderr
    assert cloud.now() < time.time()


@pytest.mark.parametrize("hours", ["nan", "inf", "1e18", "87601"])
def test_hours_that_no_clock_advances_by_are_refused_before_it_is_asked(hours: str) -> None:
    done = advance("http://127.0.0.1:9", hours)

    assert done.exit_code == 2
    assert "Error: Invalid value for 'HOURS': " in done.stderr


def test_where_no_local_cloud_answers_the_command_names_how_to_start_one() -> None:
    done = advance("http://127.0.0.1:9", "1")

    assert done.exit_code == 1
    assert "no local cloud answers at http://127.0.0.1:9" in done.stderr
    assert "fairlead local up" in done.stderr
