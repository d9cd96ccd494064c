"""Refusals of names in a model file, each with its reason and the way forward. Nothing is imported to judge a name."""

import sys

from fairlead.errors import ModelFileError
from fairlead.publishing.input.estimator_checks import notebook_code

OWN_KERNEL = "publish from the kernel that made it: fairlead.publish(estimator, name=…, X=…, y=…)"
SMUGGLERS = frozenset({"cloudpickle", "dill"})
KNOWN = frozenset({"sklearn", "numpy", "scipy", "pandas", "joblib", "fairlead"})
PLAIN = frozenset(
    [
        *(
            f"builtins.{name}"
            for name in ("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int")
        ),
        *(f"builtins.{name}" for name in ("list", "object", "range", "set", "slice", "str", "tuple")),
        *("_codecs.encode", "collections.OrderedDict", "collections.defaultdict", "collections.deque"),
        *("copyreg._reconstructor", "datetime.date", "datetime.datetime", "datetime.timedelta", "decimal.Decimal"),
        "functools.partial",
    ]
)
"""Names of the standard library that an estimator's pickle may mention; the writer refuses what data cannot hold."""


def judge(name: str) -> None:
    """Refuse a name that no fitted estimator mentions, wherever in the file it stands; raises ModelFileError."""
    root, _, last = name.partition(".")
    if root == "__main__" or "<locals>" in name or "<lambda>" in name:
        raise notebook_code(last)
    if root in SMUGGLERS:
        raise notebook_code(f"code packed into the file by {root}")
    if root in KNOWN or name in PLAIN:
        return
    if root in sys.stdlib_module_names:
        raise ModelFileError(
            f"the file would use {name[:100]} when it is opened, which no fitted estimator needs; nothing was executed",
            hint="do not open this file with joblib or pickle; if you made it, keep that function out of the estimator",
        )
    raise ModelFileError(
        f"the file needs the package {root[:60]}, and only scikit-learn's own classes are served",
        hint="use scikit-learn's own estimators and transformers; other packages are not supported yet",
    )


def unknown(name: str, place: str) -> ModelFileError:
    """Refuse a class that the data form does not know; `place` is where it stands in the estimator."""
    advice = "fit the pipeline with memory=None" if name.startswith("joblib.memory") else OWN_KERNEL
    if name.startswith("scipy.stats"):
        advice = "publish search.best_estimator_ rather than the search with its distributions"
    where = f" (at {place[:100]})" if place else ""
    return ModelFileError(f"the file uses {name[:100]}, which Fairlead does not take from a file{where}", hint=advice)
