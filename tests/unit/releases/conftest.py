"""A recorder on a journal and a cloud in memory."""

import pytest

from fairlead.journal.journal import Journal
from fairlead.releases.codedeploy_events import Recorder
from testkit.memory import Memory
from tests.journals import Clock, intended, journal, moved
from tests.unit.releases.codedeploy_cloud import Cloud, MoveFunction, over


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Cloud:
    return Cloud(clock)


@pytest.fixture
def kept(clock: Clock) -> Journal:
    """Ada has intended release 14 after 13."""
    made = journal(Memory(), clock)
    made.append(moved(12, 13))
    made.append(intended(13, 14, why="better recall"))
    clock.pass_(seconds=30)
    return made


@pytest.fixture
def recorder(cloud: Cloud, kept: Journal) -> Recorder:
    return over(cloud, kept)


@pytest.fixture
def mover(cloud: Cloud) -> MoveFunction:
    return MoveFunction(cloud)
