"""The environment of a version: Python and the packages whose versions determine an estimator."""

import platform
from collections.abc import Iterable
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


DISTRIBUTIONS = {"xgboost": ("xgboost", "xgboost-cpu")}


def environment(libraries: Iterable[str] = ()) -> dict[str, str]:
    """Return versions by distribution name, and `python`; packages that are not installed are left out.

    `libraries` are further packages whose versions determine the estimator, by the name that imports them.
    """
    found = {"python": platform.python_version()}
    further = [one for name in libraries for one in DISTRIBUTIONS.get(name, (name,))]
    for name in (*PACKAGES, *further):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
