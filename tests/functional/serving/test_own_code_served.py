"""Predict imports a version's own package from its checked blob where the release allows it, and else nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.publishing.publish import Published, publish
from testkit.lambda_context import event
from tests.functional import own_code
from tests.functional.conftest import Load, Store
from tests.functional.serving.invocations import ask, invoke

ALLOWED = {"FAIRLEAD_ALLOW_MODEL_CODE": "yes"}
HELD_OUT = own_code.table(seed=1)
X = HELD_OUT.drop(columns="churned")
ROW = X.iloc[0].to_dict()


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, which leaves a file in the folder `traces` whenever it is imported."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "traces").mkdir()
    trace = f"import pathlib\npathlib.Path({str(folder / 'traces' / 'imported')!r}).touch()\n"
    return own_code.write(folder, limits=trace + own_code.LIMITS)


@pytest.fixture
def trace(on_disk: Path) -> Path:
    path = on_disk.parent / "traces/imported"
    path.unlink(missing_ok=True)
    return path


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """Each test is a cold start: nothing of the package is imported before or stays imported after."""
    before = list(sys.meta_path)
    yield
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == own_code.NAME]:
        del sys.modules[name]


def published(store: Store, folder: Path) -> Published:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, own_code.table())
        return publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=store.registry, code=folder)


def test_the_endpoint_answers_with_the_package_of_the_version(store: Store, on_disk: Path, load_app: Load) -> None:
    """GIVEN a released version and no package on disk, WHEN predict starts, THEN it answers with the packed code."""
    done = published(store, on_disk)
    with own_code.imported(on_disk) as module:
        expected = own_code.fitted(module, own_code.table()).predict_proba(X.iloc[:1])[0].tolist()
    app = load_app(store.released(done) | ALLOWED)
    status, body, _ = ask(app, ROW)
    assert status == 200, body
    assert list(body["predictions"][0]["probabilities"].values()) == pytest.approx(expected)
    assert invoke(app, event("health"))[0] == 200


@pytest.mark.parametrize("allowed", [{}, {"FAIRLEAD_ALLOW_MODEL_CODE": "no"}, {"FAIRLEAD_ALLOW_MODEL_CODE": ""}])
def test_a_release_that_allows_no_code_imports_none(
    store: Store, on_disk: Path, trace: Path, load_app: Load, allowed: dict[str, str]
) -> None:
    done = published(store, on_disk)
    trace.unlink()
    app = load_app(store.released(done) | allowed)
    status, body, _ = ask(app, ROW)
    assert (status, body["code"]) == (503, "model_unavailable")
    assert "(engine)" in body["detail"]
    assert "imports code of its publisher (churn_features), which this release denies" in app.printed.getvalue()
    assert not trace.exists()


def test_a_replaced_blob_of_code_is_not_imported(store: Store, on_disk: Path, trace: Path, load_app: Load) -> None:
    """GIVEN a package that was replaced in the bucket after the release, THEN not a byte of it is used."""
    done = published(store, on_disk)
    own = done.manifest.blobs["code"]
    key, bucket = f"blobs/sha256/{own.sha256}", store.env["FAIRLEAD_BUCKET"]
    packed = store.client.get_object(Bucket=bucket, Key=key)["Body"].read()
    store.client.put_object(Bucket=bucket, Key=key, Body=packed.replace(b"HIGH = -2.0, 2.0", b"HIGH = -2.0, 3.0"))
    trace.unlink()
    app = load_app(store.released(done) | ALLOWED)
    status, body, _ = ask(app, ROW)
    assert (status, body["code"]) == (503, "model_unavailable")
    assert "(integrity)" in body["detail"]
    assert not trace.exists()


def test_a_load_that_failed_is_tried_again_from_the_start(store: Store, on_disk: Path, load_app: Load) -> None:
    """GIVEN an estimator that could not be read at first, WHEN it can, THEN the package is imported once more."""
    done = published(store, on_disk)
    estimator = done.manifest.blobs["estimator"]
    key, bucket = f"blobs/sha256/{estimator.sha256}", store.env["FAIRLEAD_BUCKET"]
    good = store.client.get_object(Bucket=bucket, Key=key)["Body"].read()
    store.client.put_object(Bucket=bucket, Key=key, Body=b"damaged")
    app = load_app(store.released(done) | ALLOWED)
    assert ask(app, ROW)[0] == 503
    store.client.put_object(Bucket=bucket, Key=key, Body=good)
    app.endpoint._next_try = 0.0
    assert ask(app, ROW)[0] == 200
