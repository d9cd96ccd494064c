"""Tests with CatBoost, LightGBM and XGBoost, which run in environments of their own: `make test-clients`."""

import importlib.util
from collections.abc import Iterator

import pytest

from fairlead.publishing.boosters.closed_boosters import closed_boosters

collect_ignore_glob = [] if importlib.util.find_spec("lightgbm") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/boosters" in str(item.path):
            item.add_marker("boosters")


@pytest.fixture(autouse=True, scope="module")
def _processes() -> Iterator[None]:
    with closed_boosters():
        yield
