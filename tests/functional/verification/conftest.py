"""Releases of penguins models for trials."""

import pytest

from fairlead.publishing.publish import Published
from tests.functional.conftest import Load, Store
from tests.functional.releases_here import Release, ReleasesHere
from tests.functional.verification.trials import without_year


@pytest.fixture(scope="session")
def breaking(shelf: Store, again: Published) -> Published:
    """The version after `again`. It no longer takes `year`, and its publisher allowed that."""
    return without_year(shelf)


@pytest.fixture
def here(load_app: Load) -> ReleasesHere:
    return ReleasesHere(load_app)


@pytest.fixture
def release(here: ReleasesHere, shelf: Store, published: Published, again: Published) -> Release:
    """Release 8 of version 2; 7 of version 1 and 1 without a model are there too."""
    here.publish("1", shelf.env)
    here.publish("7", shelf.released(published))
    return here.publish("8", shelf.released(again))
