"""Releases for predict: a penguins model, and version 5 of an iris model whose six versions name the first species."""

from types import ModuleType

import pytest

from fairlead.aws.s3_stdlib import ColdReader
from fairlead.publishing.publish import Published
from tests.functional.conftest import Load, Store, make_store
from tests.functional.serving.pins import LIVE, SKLEARN, publish


@pytest.fixture(scope="session")
def line(s3_url: str) -> tuple[Store, list[Published]]:
    """Versions 1 to 6 in a store that no test changes, each with its own first species; 2 is of sklearn."""
    store = make_store(s3_url)
    return store, [publish(store, version, "sklearn" if version == SKLEARN else "onnx") for version in range(1, 7)]


@pytest.fixture
def released(line: tuple[Store, list[Published]]) -> dict[str, str]:
    """The environment of a release of version 5."""
    store, published = line
    return store.released(published[LIVE - 1])


@pytest.fixture
def copy(s3_url: str, line: tuple[Store, list[Published]]) -> tuple[Store, dict[str, str]]:
    """The same registry in a bucket of its own, to be changed, and the environment of a release of version 5."""
    original, published = line
    store, source = make_store(s3_url), original.env["FAIRLEAD_BUCKET"]
    for key in [*original.registry.objects.keys("models/"), *original.registry.objects.keys("blobs/")]:
        store.client.copy_object(
            Bucket=store.env["FAIRLEAD_BUCKET"], Key=key, CopySource={"Bucket": source, "Key": key}
        )
    return store, store.released(published[LIVE - 1])


@pytest.fixture
def s3_requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect S3's requests from now on, as paths and queries below the bucket."""
    seen: list[str] = []
    plain = ColdReader._fetch

    def fetch(reader: ColdReader, address: str) -> tuple[int, bytes]:
        seen.append(address.split(reader.bucket, 1)[1])
        return plain(reader, address)

    monkeypatch.setattr(ColdReader, "_fetch", fetch)
    return seen


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))
