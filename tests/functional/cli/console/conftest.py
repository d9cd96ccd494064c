"""A console over a stack whose model has two versions, and one that opens no stack."""

from collections.abc import Iterator

import pytest

from fairlead.publishing.publish import Published
from fairlead.settings import Operator
from tests.functional.cli.conftest import monitored_stack
from tests.functional.cli.console.consoles import Asked, AtRelease2, running, second_version
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import Loop
from tests.functional.monitored import stocked


@pytest.fixture(scope="module")
def store(s3_url: str, here: Loop, published: Published) -> Store:
    """A registry whose model has two versions."""
    made = stocked(s3_url, here.store)
    second_version(made, published)
    return made


@pytest.fixture
def name(store: Store, here: Loop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stack of that registry, at release 2."""
    monkeypatch.setattr("fairlead.aws.lambda_function.PredictFunction", AtRelease2)
    monkeypatch.setattr("fairlead.fleet.listing.PredictFunction", AtRelease2)
    return monitored_stack(store, here.table, monkeypatch)


@pytest.fixture
def console(name: str) -> Iterator[Asked]:
    with running(Operator(stack=name)) as found:
        yield found


@pytest.fixture
def model(name: str) -> str:
    return f"stacks/{name}/models/penguins"


@pytest.fixture(scope="module")
def bare() -> Iterator[Asked]:
    """A console that opens no stack."""
    with running(Operator(stack="none")) as found:
        yield found
