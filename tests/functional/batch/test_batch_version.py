"""The version of a batch job: the live one, or one that the chain of manifests reaches."""

from types import SimpleNamespace

import msgspec
import pytest

from fairlead.aws.lambda_function import PredictFunction
from fairlead.batch.version import named_version
from fairlead.errors import FairleadError, IntegrityError, NotFoundError, SettingsError
from fairlead.model.manifest import encode
from fairlead.model.release import frozen_release
from fairlead.publishing.publish import Published
from fairlead.registry.chosen_version import find_version
from fairlead.registry.retirements import Retirement, retire
from fairlead.settings import operator
from testkit import penguins
from tests.functional.conftest import Store

WHERE = operator({"FAIRLEAD_STACK": "fairlead"})


@pytest.fixture
def live(shelf: Store, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Make a release live, whose environment is the test's parameter."""
    for name, value in shelf.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    found = frozen_release("7", request.param(request), code_sha256="", modified="")
    monkeypatch.setattr("fairlead.batch.version.find", lambda _: SimpleNamespace(function="predict"))
    monkeypatch.setattr(PredictFunction, "named", lambda _, alias: {"live": found}[alias])


def frozen(request: pytest.FixtureRequest, **changed: str) -> dict[str, str]:
    published: Published = request.getfixturevalue("published")
    variables = {"FAIRLEAD_MODEL": "penguins", "FAIRLEAD_VERSION": "1", "FAIRLEAD_MANIFEST_SHA256": published.sha256}
    return variables | changed


@pytest.mark.parametrize("live", [frozen], indirect=True)
@pytest.mark.usefixtures("live")
def test_a_name_alone_is_the_live_version(shelf: Store, published: Published) -> None:
    assert named_version(shelf.registry, "penguins", WHERE) == (published.manifest, published.sha256)
    with pytest.raises(SettingsError, match="penguins is live, not churn"):
        named_version(shelf.registry, "churn", WHERE)


@pytest.mark.parametrize("live", [frozen], indirect=True)
@pytest.mark.usefixtures("live")
def test_a_name_with_an_empty_version_is_refused(shelf: Store) -> None:
    with pytest.raises(SettingsError, match="'' is no version"):
        named_version(shelf.registry, "penguins@", WHERE)


@pytest.mark.parametrize("live", [lambda one: frozen(one, FAIRLEAD_MANIFEST_SHA256="a" * 64)], indirect=True)
@pytest.mark.usefixtures("live")
def test_a_live_release_of_other_bytes_than_the_registry_s_is_refused(shelf: Store) -> None:
    with pytest.raises(IntegrityError, match="the registry's is sha256:"):
        named_version(shelf.registry, "penguins", WHERE)


def test_a_version_that_the_chain_does_not_reach_is_refused(store: Store) -> None:
    first = penguins.publish(store.registry)
    forged = msgspec.structs.replace(first.manifest, version=2, parent=None)
    store.registry.objects.put_new("models/penguins/versions/2.json", encode(forged))
    third = penguins.publish(store.registry)

    assert find_version(store.registry, "penguins", 3) == (third.manifest, third.sha256)
    assert find_version(store.registry, "penguins", 1) == (first.manifest, first.sha256)
    with pytest.raises(NotFoundError, match="does not reach version 2"):
        find_version(store.registry, "penguins", 2)
    with pytest.raises(FairleadError, match="has no version 9"):
        find_version(store.registry, "penguins", 9)


def test_a_retired_version_is_refused(store: Store) -> None:
    published = penguins.publish(store.registry)
    made = published.manifest.created
    retire(store.registry, Retirement(model="penguins", version=1, retired=made, retired_by="me", reason="biased"))
    with pytest.raises(SettingsError, match=r"version 1 is retired: .* by me: biased"):
        find_version(store.registry, "penguins", 1)
