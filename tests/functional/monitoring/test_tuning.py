"""The live version is called with its own golden rows; a caller's metrics and captures know nothing of it."""

from typing import Any

import pytest

from fairlead.aws.lambda_function import Configuration
from fairlead.aws.release_client import ReleaseClient
from fairlead.errors import ReleaseError
from fairlead.model.release import Release
from fairlead.monitoring.tuning import Tuned, tuned
from fairlead.publishing.publish import Published
from tests import json_documents
from tests.functional.conftest import Load, Store
from tests.functional.releases_here import FUNCTION, ReleasesHere


@pytest.fixture
def here(load_app: Load, shelf: Store, published: Published) -> ReleasesHere:
    made = ReleasesHere(load_app)
    made.publish("7", shelf.released(published) | {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "key"})
    return made


def tune(here: ReleasesHere, shelf: Store, published: Published, **more: Any) -> Tuned:
    release = Release(
        release="7", model=published.manifest.model, version=published.version, digest=f"sha256:{published.sha256}",
        code_sha256="", modified="", life="",
    )  # fmt: skip
    configuration = Configuration(
        version="7", revision="", code_sha256="", environment={}, layers=(), state="Active", modified="", code_size=0,
        shape={"MemorySize": 1024, "Architectures": ["arm64"]},
    )  # fmt: skip
    given = {"rows": 3, "calls": 10, "slowest_ms": 50.0, "whole_core": False} | more
    return tuned(shelf.registry, release, configuration, ReleaseClient(here.client, FUNCTION, "7"), **given)


def test_the_calls_are_measured_and_scaled_from_the_size_that_the_release_has(
    here: ReleasesHere, shelf: Store, published: Published
) -> None:
    found = tune(here, shelf, published)
    json_documents.check("tune", found)

    assert here.releases["7"].calls == ["POST /predict"] * 11
    assert (found.rows, found.calls, found.memory, found.architecture) == (3, 10, 1024, "arm64")
    [same] = [one for one in found.steps if one.memory == 1024]
    assert same.median_ms == 3.0  # what the runtime reports
    assert '"event":"capture"' not in here.releases["7"].app.printed.getvalue()


def test_a_whole_core_is_scaled_from_one_vcpu(here: ReleasesHere, shelf: Store, published: Published) -> None:
    found = tune(here, shelf, published, whole_core=True)

    [whole] = [one for one in found.steps if one.memory == 1769]
    assert (found.measured_share, whole.median_ms) == (1.0, 3.0)


def test_without_reports_nothing_is_guessed(here: ReleasesHere, shelf: Store, published: Published) -> None:
    here.reports = False

    with pytest.raises(ReleaseError, match="no report"):
        tune(here, shelf, published)
