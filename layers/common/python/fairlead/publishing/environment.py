"""What made a version: Python and the packages whose versions decide what an estimator is."""

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
    """Versions by distribution name, and `python`; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
