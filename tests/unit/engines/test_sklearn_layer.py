"""An estimator is loaded only where the layer's versions run."""

import re
from pathlib import Path

import pytest

from fairlead.engines import layer_modules, sklearn_layer
from fairlead.errors import EngineError

LOCK = Path(__file__).parents[3] / "layers/sklearn/requirements.txt"
NEVER_INSTALLED = {"tzdata"}  # for Windows and Emscripten only
MODULES = {"scikit-learn": "sklearn", "python-dateutil": "dateutil"}


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", LOCK.read_text(), re.MULTILINE))


def test_the_pins_are_the_layers_lock() -> None:
    assert {name: locked()[name] for name in sklearn_layer.PINS} == sklearn_layer.PINS


def test_everything_in_the_layer_may_be_imported_and_nothing_else() -> None:
    assert {MODULES.get(name, name) for name in locked() if name not in NEVER_INSTALLED} == layer_modules.IMPORTABLE


def test_the_development_environment_is_the_layers() -> None:
    assert sklearn_layer.differences() == []


def test_another_version_is_named_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sklearn_layer.PINS, "numpy", "1.0")
    with pytest.raises(EngineError, match=r"numpy \d.* \(the layer has 1\.0\)") as refused:
        sklearn_layer.load_estimator(b"")
    assert "numpy==1.0" in refused.value.hint


def test_a_damaged_blob_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        sklearn_layer.load_estimator(b"no data form")
