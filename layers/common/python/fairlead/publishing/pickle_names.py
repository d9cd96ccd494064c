"""The names a model file may use: what fitted estimators of scikit-learn really hold, seen by listing them all.

A package is never trusted as a whole. numpy, scipy, pandas and joblib hold classes that open, overwrite or execute what
a file tells them (numpy.memmap truncates files, scipy.stats executes a string from an object's state), so only what
estimators hold is listed. To allow more, add the name here and to the adversarial tests: what has the right "call" may
be called with any arguments that `pickle_calls` has no rule for.
"""

import re
from dataclasses import dataclass
from typing import Literal

Right = Literal["refer", "call"]


@dataclass(frozen=True, slots=True)
class Name:
    """A global as a pickle names it."""

    module: str
    name: str

    def __str__(self) -> str:
        """The dotted path people know."""
        return f"{self.module}.{self.name}"


ARRAY_WRAPPER = Name("joblib.numpy_pickle", "NumpyArrayWrapper")
DTYPE = Name("numpy", "dtype")

# What old names mean today. Python 2's are written by protocols 0 to 2 still; scikit-learn before 1.8 built one
# compiled module under a name of its own.
MODERN = {
    "__builtin__": "builtins",
    "_loss": "sklearn._loss._loss",
    "copy_reg": "copyreg",
    "numpy.core": "numpy._core",
}
MODERN_NAMES = {"xrange": "range", "long": "int", "unicode": "str"}

EXACT: dict[str, tuple[Right, str]] = {
    # module: right, names
    "builtins": ("call", "bytearray bytes complex frozenset range set slice"),
    "collections": ("call", "OrderedDict defaultdict deque"),
    "_codecs": ("call", "encode"),
    "copyreg": ("call", "_reconstructor"),
    "functools": ("call", "partial"),
    "datetime": ("call", "date datetime timedelta"),
    "decimal": ("call", "Decimal"),
    "joblib.numpy_pickle": ("call", "NumpyArrayWrapper"),
    "numpy": ("call", "dtype"),
    "numpy._core.multiarray": ("call", "_reconstruct scalar"),
    "numpy._core.numeric": ("call", "_frombuffer"),
    "numpy.ma.core": ("call", "_mareconstruct"),
    "numpy.random._pickle": ("call", "__bit_generator_ctor __generator_ctor __randomstate_ctor"),
    "numpy.random.bit_generator": ("call", "SeedSequence __pyx_unpickle_SeedSequence"),
    "scipy.interpolate._bsplines": ("call", "BSpline _BSpline"),
    "scipy.interpolate._interpolate": ("call", "PPoly _PPoly interp1d"),
    "pandas": ("call", "Categorical CategoricalDtype DataFrame Index RangeIndex Series StringDtype Timestamp"),
    "pandas.arrays": ("call", "BooleanArray FloatingArray IntegerArray StringArray"),
    "pandas._libs.arrays": ("call", "__pyx_unpickle_NDArrayBacked"),
    "pandas._libs.internals": ("call", "_unpickle_block"),
    "pandas._libs.tslibs.nattype": ("call", "_nat_unpickle"),
    "pandas._libs.tslibs.timestamps": ("call", "_unpickle_timestamp"),
    "pandas.core.arrays.categorical": ("call", "Categorical"),
    "pandas.core.dtypes.dtypes": ("call", "CategoricalDtype"),
    "pandas.core.frame": ("call", "DataFrame"),
    "pandas.core.indexes.base": ("call", "Index _new_Index"),
    "pandas.core.indexes.range": ("call", "RangeIndex"),
    "pandas.core.internals.managers": ("call", "BlockManager SingleBlockManager"),
    "pandas.core.series": ("call", "Series"),
}
REFERENCES = {
    "builtins": "bool dict float int list object str tuple NotImplemented Ellipsis",
    "numpy": "ndarray matrix memmap around clip mean median nan_to_num ravel reshape round squeeze sum",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "pandas": "NA NaT",
    "sklearn.utils.validation": "check_array",
}
UFUNC_MODULES = frozenset({"numpy", "numpy._core._multiarray_umath", "scipy.special", "scipy.special._ufuncs"})
SPARSE = re.compile(r"scipy\.sparse\._(csr|csc|coo|bsr|dia|dok|lil)$")
SKLEARN_ROOMS = [
    "_loss",
    "base",
    "calibration",
    "cluster",
    "compose",
    "covariance",
    "cross_decomposition",
    "decomposition",
    "discriminant_analysis",
    "dummy",
    "ensemble",
    "feature_extraction",
    "feature_selection",
    "frozen",
    "gaussian_process",
    "impute",
    "isotonic",
    "kernel_approximation",
    "kernel_ridge",
    "linear_model",
    "manifold",
    "metrics",
    "mixture",
    "model_selection",
    "multiclass",
    "multioutput",
    "naive_bayes",
    "neighbors",
    "neural_network",
    "pipeline",
    "preprocessing",
    "random_projection",
    "semi_supervised",
    "svm",
    "tree",
]
"""Subpackages whose classes are estimators and their parts."""
SKLEARN_UTILS = ("sklearn.utils._bunch", "sklearn.utils._metadata_requests", "sklearn.utils._weight_vector")
SKLEARN_COMPILED = {
    "sklearn._loss._loss": r"(__pyx_unpickle_)?Cy\w+",
    "sklearn.linear_model._sgd_fast": r"(__pyx_unpickle_)?[A-Z]\w+",
    "sklearn.metrics._dist_metrics": r"newObj|\w+Distance(32|64)?",
    "sklearn.neighbors._ball_tree": r"newObj|BallTree(32|64)?",
    "sklearn.neighbors._kd_tree": r"newObj|KDTree(32|64)?",
    "sklearn.tree._tree": r"Tree",
}
"""Compiled modules and their names: compiled constructors trust their arguments, so no others are open."""
SKLEARN_MAKERS = re.compile(r"newObj|__pyx_unpickle_\w+")
SKLEARN_FUNCTIONS = re.compile(
    r"sklearn\.(metrics\.(_classification|_regression|_ranking|pairwise|cluster\._supervised)"
    r"|feature_selection\.(_univariate_selection|_mutual_info)|cluster\._kmeans|preprocessing\._data)"
)


def modern(module: str, name: str) -> Name:
    """The name as today's Python and numpy have it."""
    if module == "__builtin__":
        name = MODERN_NAMES.get(name, name)
    for old, new in MODERN.items():
        if module == old or module.startswith(old + "."):
            module = new + module[len(old) :]
    return Name(module, name)
