"""Whether a model file may use a name, and whether it may call it: decided by name, then by what the name is."""

import importlib
import inspect
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

from fairlead.errors import ModelFileError
from fairlead.publishing.estimators import notebook_code
from fairlead.publishing.pickle_names import (
    EXACT,
    REFERENCES,
    SKLEARN_COMPILED,
    SKLEARN_FUNCTIONS,
    SKLEARN_MAKERS,
    SKLEARN_ROOMS,
    SKLEARN_UTILS,
    SPARSE,
    UFUNC_MODULES,
    Name,
    Right,
)

OWN_KERNEL = "publish from the kernel that made it: fairlead.publish(estimator, name=…, X=…, y=…)"
SMUGGLERS = frozenset({"cloudpickle", "dill"})
ADVICE = {
    "joblib.memory": "fit the pipeline with memory=None",
    "scipy.stats": "publish search.best_estimator_ rather than the search with its distributions",
}


def check_allowed(allow: Sequence[str]) -> frozenset[str]:
    """The packages a publisher declares; raises ModelFileError for what would open the whole interpreter."""
    for package in allow:
        root = package.partition(".")[0]
        if not all(part.isidentifier() for part in package.split(".")):
            raise ModelFileError(f"--allow {package!r} is no package name", hint="name it as it is imported")
        if root in sys.stdlib_module_names or root in SMUGGLERS or root == "__main__":
            raise ModelFileError(
                f"--allow {package} would let a file run anything",
                hint="declare only packages that hold your estimators",
            )
    return frozenset(allow)


def judge(name: Name, allow: frozenset[str]) -> Right:
    """What the file may do with the name, decided before anything is imported; raises ModelFileError for nothing."""
    if any(name.module == package or name.module.startswith(package + ".") for package in allow):
        return "call"
    right = _listed(name) or _in_sklearn(name)
    if right is None:
        raise _refusal(name)
    return right


def resolve(name: Name, allow: frozenset[str]) -> Any:
    """The object behind an allowed name, which must be what its package made, not something it imported."""
    right = judge(name, allow)
    if name.module == "numpy" and name.name == "memmap":
        return importlib.import_module("numpy").ndarray  # arrays that parallel fitting left on disk; never opened here
    found = _import(name)
    exact = (
        name.name in EXACT.get(name.module, ("", ""))[1].split() or name.name in REFERENCES.get(name.module, "").split()
    )
    if exact or _is_own(name, found, right):
        return found
    raise _refusal(name)


def _listed(name: Name) -> Right | None:
    right, names = EXACT.get(name.module, ("refer", ""))
    if name.name in names.split():
        return right
    if name.name in REFERENCES.get(name.module, "").split():
        return "refer"
    if SPARSE.match(name.module) and re.fullmatch(r"[a-z]{3}_(matrix|array)", name.name):
        return "call"
    # Scalar types and ufuncs, told apart when the name is resolved.
    return "refer" if name.module in UFUNC_MODULES and name.name.isidentifier() else None


def _in_sklearn(name: Name) -> Right | None:
    parts = name.module.split(".")
    if parts[0] != "sklearn" or "tests" in parts or not name.name.isidentifier():
        return None
    if name.module in SKLEARN_UTILS:
        return "call"
    if len(parts) < 2 or parts[1] not in SKLEARN_ROOMS:
        return None
    # Functions are named in lower case; they may be parameters, and only Cython's constructors may be called.
    plain_function = name.name.lstrip("_")[:1].islower() and not SKLEARN_MAKERS.fullmatch(name.name)
    if plain_function and SKLEARN_FUNCTIONS.match(name.module):
        return "refer"
    return "call"


def _is_own(name: Name, found: Any, right: Right) -> bool:
    """Whether a package that names a thing also made it: `sklearn.x.os` is the standard library, not scikit-learn."""
    import numpy as np

    root = name.module.partition(".")[0]
    if root == "sklearn" and not str(sys.modules[name.module].__file__).endswith(".py"):
        return re.fullmatch(SKLEARN_COMPILED.get(name.module, "(?!)"), name.name) is not None
    if root in ("numpy", "scipy") and right == "refer":
        return isinstance(found, np.ufunc) or (isinstance(found, type) and issubclass(found, np.generic))
    if str(getattr(found, "__module__", "")).partition(".")[0] != root:
        return False
    return isinstance(found, type) or (inspect.isroutine(found) and (root != "sklearn" or right == "refer"))


def _import(name: Name) -> Any:
    root = name.module.partition(".")[0]
    try:
        found: Any = importlib.import_module(name.module)
        for part in name.name.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise _unknown(name, root) from error
    except ImportError as error:
        if root in sys.modules:
            raise _unknown(name, root) from error
        raise ModelFileError(
            f"the file needs the package {root}, which is not installed here", hint=f"install {root}, or {OWN_KERNEL}"
        ) from error
    except Exception as error:
        raise ModelFileError(f"the package {root} cannot be imported: {error}") from error
    return found


def _unknown(name: Name, root: str) -> ModelFileError:
    return ModelFileError(
        f"the file uses {name}, which {root} {_version(root)} does not have: another version made it", hint=OWN_KERNEL
    )


def _version(package: str) -> str:
    try:
        return version(packages_distributions().get(package, [package])[0])
    except PackageNotFoundError:
        return "as installed"


def _refusal(name: Name) -> ModelFileError:
    root = name.module.partition(".")[0]
    if root == "__main__" or "<locals>" in name.name:
        return notebook_code(name.name)
    if root in SMUGGLERS:
        return notebook_code(f"code packed into the file by {root}")
    if root in ("sklearn", "numpy", "scipy", "pandas", "joblib"):
        advice = next((text for prefix, text in ADVICE.items() if name.module.startswith(prefix)), OWN_KERNEL)
        return ModelFileError(f"the file uses {name}, which Fairlead does not take from a file", hint=advice)
    if root in sys.stdlib_module_names:
        return ModelFileError(
            f"the file would use {name} when it is opened, which no fitted estimator needs; nothing was executed",
            hint="do not open this file with joblib or pickle; if you made it, keep that function out of the estimator",
        )
    return ModelFileError(
        f"the file needs the package {root[:60]}, which is not on the allow-list",
        hint=f"if you trust what is in it: --allow {root[:60]}",
    )
