"""The environment of a version: Python and the packages whose versions determine an estimator."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "fairlead",
    "joblib",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "scikit-learn",
    "scipy",
    "skl2onnx",
)


def environment() -> dict[str, str]:
    """Return versions by distribution name, and `python`; packages that are not installed are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
