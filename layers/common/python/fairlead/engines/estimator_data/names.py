"""Functions and types that an estimator may hold, named one by one; beside them numpy's and scipy's ufuncs and scalars.

None of them reads files or calls what it is given. numpy's write where an argument tells them to: `out`, `copy`,
`overwrite_input`, or a ufunc's argument behind its inputs; `parameters` and `shapes` keep these arguments from them.
"""

import importlib
import re
from functools import cache
from typing import Any

import numpy as np

TYPES: dict[str, type[Any]] = {f"builtins.{kind.__name__}": kind for kind in (bool, int, float, str, object)}
FUNCTIONS = {
    "numpy": "around clip mean median nan_to_num ravel reshape round squeeze sum",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_oneway f_regression r_regression",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.metrics.pairwise": (
        "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances haversine_distances "
        "laplacian_kernel linear_kernel manhattan_distances nan_euclidean_distances polynomial_kernel rbf_kernel "
        "sigmoid_kernel"
    ),
    "sklearn.preprocessing._data": "add_dummy_feature binarize maxabs_scale minmax_scale normalize robust_scale scale",
}
UFUNCS = re.compile(r"(numpy|numpy\._core\._multiarray_umath|scipy\.special|scipy\.special\._ufuncs)\.(\w+)")


@cache
def find(name: str) -> Any:
    """Return the function or type of a name that is on the list; None for any other."""
    if name in TYPES:
        return TYPES[name]
    module, _, last = name.rpartition(".")
    if last in FUNCTIONS.get(module, "").split():
        return getattr(importlib.import_module(module), last, None)
    if UFUNCS.fullmatch(name):
        found = getattr(importlib.import_module(module), last, None)
        scalar = isinstance(found, type) and issubclass(found, (np.number, np.bool_, np.str_, np.object_))
        return found if scalar or isinstance(found, np.ufunc) else None
    return None


def word(found: Any) -> str:
    """Return the word for the object that a name stands for."""
    own = isinstance(found, np.ufunc) or (not isinstance(found, type) and found.__module__.startswith("numpy"))
    return "numpy function" if own else "named"
