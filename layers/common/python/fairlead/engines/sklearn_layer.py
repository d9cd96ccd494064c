"""The sklearn layer's versions, stated once: an estimator is loaded only where exactly these run.

scikit-learn promises nothing across versions (https://scikit-learn.org/stable/model_persistence.html), so a blob made
elsewhere is refused rather than answered differently. A test holds PINS to the layer's lock.
"""

import importlib
import platform
from typing import Any

from fairlead.errors import EngineError, ModelFileError

PYTHON = "3.13"
PINS = {"scikit-learn": "1.9.1", "numpy": "2.5.5", "scipy": "1.18.1", "joblib": "1.6.0", "pandas": "3.1.1"}
MODULES = {"scikit-learn": "sklearn"}
IMPORTABLE = frozenset(
    {"cloudpickle", "dateutil", "joblib", "narwhals", "numpy", "pandas", "scipy", "six", "sklearn", "threadpoolctl"}
)
"""Top-level modules of everything in the layer: what an estimator may import there beside the standard library."""


def differences() -> list[str]:
    """Where this interpreter is not the layer's, as `numpy 2.4.1 (the layer has 2.5.5)`; empty where it is."""
    running = {"Python": ".".join(platform.python_version_tuple()[:2])}
    running |= {name: _version(MODULES.get(name, name)) for name in PINS}
    wanted = {"Python": PYTHON, **PINS}
    return [
        f"{name} {running[name]} (the layer has {wanted[name]})" for name in wanted if running[name] != wanted[name]
    ]


def load_estimator(blob: bytes) -> Any:
    """Build an estimator from its data form; raises EngineError where versions differ or the data is refused."""
    from fairlead.engines.estimator_data.reader import read

    different = differences()
    if different:
        raise EngineError(
            f"the estimator can only be loaded with the layer's versions; here: {', '.join(different)}",
            hint=f"use Python {PYTHON} with " + ", ".join(f"{name}=={version}" for name, version in PINS.items()),
        )
    try:
        return read(blob).estimator
    except ModelFileError as error:
        raise EngineError(f"the estimator cannot be loaded: {error}", hint=error.hint) from error


def _version(module: str) -> str:
    """A module's own word, not its metadata: layers are trimmed."""
    try:
        return str(importlib.import_module(module).__version__)
    except ImportError:
        return "missing"
