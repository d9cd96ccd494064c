"""Production of version 1 of a penguins model, in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.publishing.publish import publish
from fairlead.registry.store import Registry
from testkit.memory import Memory
from tests.production import (
    Production,
    champion,
    ledger_table,
)


@pytest.fixture(scope="session")
def version_one() -> dict[str, bytes]:
    """A registry's objects after the champion was published."""
    memory = Memory()
    publish(**champion(), registry=Registry(memory))
    return memory.objects


@pytest.fixture
def memory(version_one: dict[str, bytes]) -> Memory:
    memory = Memory()
    memory.objects = dict(version_one)
    return memory


@pytest.fixture
def registry(memory: Memory) -> Registry:
    return Registry(memory)


@pytest.fixture
def client() -> Iterator[Any]:
    with ledger_table() as client:
        yield client


@pytest.fixture
def production(registry: Registry, client: Any) -> Production:
    return Production(registry, client)
