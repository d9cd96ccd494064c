"""The sklearn layer's versions: an estimator is loaded only if exactly these versions are installed.

scikit-learn promises no compatibility across versions (https://scikit-learn.org/stable/model_persistence.html). Other
versions could answer differently, so they are refused. A test compares PINS with the layer's lock file.
"""

import contextlib
import importlib
import platform
from typing import Any

from fairlead.errors import EngineError, ModelCodeError, ModelFileError

PYTHON = "3.13"
PINS = {"scikit-learn": "1.9.1", "numpy": "2.5.5", "scipy": "1.18.1", "joblib": "1.6.0", "pandas": "3.1.1"}
MODULES = {"scikit-learn": "sklearn"}


def differences() -> list[str]:
    """Return how this interpreter differs from the layer, as `numpy 2.4.1 (the layer has 2.5.5)`; empty if not."""
    running = {"Python": ".".join(platform.python_version_tuple()[:2])}
    running |= {name: _version(MODULES.get(name, name)) for name in PINS}
    wanted = {"Python": PYTHON, **PINS}
    return [
        f"{name} {running[name]} (the layer has {wanted[name]})" for name in wanted if running[name] != wanted[name]
    ]


def load_estimator(blob: bytes, code: bytes = b"") -> Any:
    """Return an estimator, built from its data form; raises EngineError if versions differ or the data is refused.

    `code` is the zip of the version's own package, which stays imported in this process.
    """
    from fairlead.engines.estimator_data.reader import read

    different = differences()
    if different:
        raise EngineError(
            f"the estimator can only be loaded with the layer's versions; here: {', '.join(different)}",
            hint=f"use Python {PYTHON} with " + ", ".join(f"{name}=={version}" for name, version in PINS.items()),
        )
    try:
        if not code:
            return read(blob).estimator
        return _with_code(blob, code)
    except (ModelFileError, ModelCodeError) as error:
        raise EngineError(f"the estimator cannot be loaded: {error}", hint=error.hint) from error


def _with_code(blob: bytes, code: bytes) -> Any:
    """Mount a package for as long as the process lives, and build the estimator; unmount it where that fails."""
    from fairlead.engines.estimator_data.reader import read
    from fairlead.engines.model_code.importer import MountedCode
    from fairlead.engines.model_code.package import decode

    with contextlib.ExitStack() as stack:
        mounted = stack.enter_context(MountedCode(decode(code)))
        estimator = read(blob, mounted).estimator
        stack.pop_all()
    return estimator


def _version(module: str) -> str:
    """Return a module's `__version__`: trimmed layers have no package metadata."""
    try:
        return str(importlib.import_module(module).__version__)
    except ImportError:
        return "missing"
