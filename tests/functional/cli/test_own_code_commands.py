"""fairlead publish --code from its arguments to the report, on moto; a stack that allows no code refuses early."""

from pathlib import Path
from typing import Any

import joblib
import msgspec
import pytest

from fairlead.aws import clients
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.digest import prefixed
from fairlead.model.release import Release
from fairlead.publishing.champion import find_champion
from fairlead.registry.store import Registry
from fairlead.retraining.refit import champion_estimator
from fairlead.retraining.types import RetrainingError
from tests.functional import own_code
from tests.functional.command_line import fairlead, result
from tests.functional.stacks import describe
from tests.functional.strict_lambda import StrictLambda, deployed

REFUSED = "stack 'fairlead' serves no code of publishers (AllowModelCode=no)"


@pytest.fixture(autouse=True)
def _strict_lambda(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = clients.client
    monkeypatch.setattr(
        clients, "client", lambda service, **_: StrictLambda().client if service == "lambda" else plain(service)
    )


def registry_of(allowed: str) -> Registry:
    """The registry of a deployed stack with this value of AllowModelCode."""
    made = deployed()
    made = msgspec.structs.replace(made, environment=made.environment | {"FAIRLEAD_ALLOW_MODEL_CODE": allowed})
    return describe(made)


def options(folder: Path, model: Any) -> list[object]:
    """Save a model with held-out rows; returns the options of publish."""
    path, data = folder.parent / "model.joblib", folder.parent / "held_out.csv"
    joblib.dump(model, path)
    own_code.table(seed=1).to_csv(data, index=False)
    return [path, "--name", "churn", "--data", data, "--target", "churned", "--code", folder]


def test_a_stack_that_allows_no_code_refuses_before_the_file_is_read(tmp_path: Path) -> None:
    registry_of("no")
    folder = own_code.write(tmp_path)
    for command in ("publish", "validate"):
        done = fairlead(command, *options(folder, "no estimator"), "--stack", "fairlead")
        assert done.exit_code == 3
        assert REFUSED in done.stderr
        assert "AllowModelCode=yes" in done.stderr
        assert "converter" in done.stderr


def test_a_converter_lets_a_stack_without_code_serve_the_class(tmp_path: Path) -> None:
    registry_of("no")
    folder = own_code.write(tmp_path, converter=True)
    with own_code.imported(folder) as module:
        part = options(folder, own_code.fitted(module, own_code.table()))
    refused = fairlead("publish", *part)
    assert refused.exit_code == 3
    assert "onnx does not serve this model" in refused.stderr
    assert REFUSED in refused.stderr
    with own_code.imported(folder) as module:
        given = options(folder, own_code.clipped(module, own_code.table()))
    done = fairlead("publish", *given)
    assert done.exit_code == 0, done.stderr
    assert "engine onnx: parity proved" in done.stdout
    assert "the graph serves without it" in done.stdout


def test_own_code_is_shown_by_publish_show_versions_history_and_the_report(tmp_path: Path) -> None:
    registry = registry_of("yes")
    folder = own_code.write(tmp_path)
    with own_code.imported(folder) as module:
        given = options(folder, own_code.fitted(module, own_code.table()))
    done = fairlead("publish", *given)
    assert done.exit_code == 0, done.stderr
    manifest, sha256 = registry.manifest("churn", 1)
    line = f"churn_features, {prefixed(manifest.blobs['code'].sha256)}: the endpoint imports it"
    assert f"OWN CODE {line}" in done.stdout
    shown = fairlead("show", "churn").stdout
    assert "OWN CODE" in shown
    assert line in shown
    assert "own code churn_features" in fairlead("versions", "churn").stdout
    assert result("versions", "churn")[0]["own_code"] == "churn_features"
    release = Release(release="2", model="churn", version=1, digest=prefixed(sha256), code_sha256="c", modified="")
    Journal(registry.objects, "fairlead").append(Draft(kind="moved", alias="live", by="ada", now=release))
    assert "OWN CODE churn_features" in fairlead("history", "churn").stdout
    assert result("history", "churn")[0]["own_code"] == "churn_features"
    for page in ("report", "card"):
        assert "churn_features" in registry.blob(manifest.blobs[page]).decode().replace("\\_", "_")
        assert manifest.blobs["code"].sha256 in registry.blob(manifest.blobs[page]).decode()
    _never_executed_elsewhere(registry)


def _never_executed_elsewhere(registry: Registry) -> None:
    """Check that another publisher's process, retraining and an export run no code of a version."""
    live = find_champion(registry, "churn", where=None)
    assert live
    assert live.engine is None
    assert "which only the endpoint executes" in live.unavailable
    with pytest.raises(RetrainingError, match="which retraining does not execute"):
        champion_estimator(registry, registry.manifest("churn", 1)[0])
    exported = fairlead("export", "churn", 1, "--to", "mlflow", "somewhere")
    assert exported.exit_code == 2
    assert "which no export writes" in exported.stderr
