"""Refuse names in a model file, each with a reason and a hint. Nothing is imported to judge a name."""

import sys

from fairlead.errors import ModelFileError
from fairlead.publishing.input.estimator_checks import notebook_code, ranker

OWN_KERNEL = "publish from the notebook that fitted it: fairlead.publish(estimator, name=…, X=…, y=…)"
BOOSTERS = frozenset({"catboost", "lightgbm", "xgboost"})
CODE_PICKLERS = frozenset({"cloudpickle", "dill"})
OWN_CLASSES = "use scikit-learn's own classes; a package of your own is packed with the version: --code PACKAGE_DIR"
KNOWN = frozenset({"sklearn", "numpy", "scipy", "pandas", "joblib", "fairlead"}) | BOOSTERS
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
"""Names of the standard library allowed in an estimator's pickle; the writer refuses those that data cannot hold."""


def judge(name: str, package: str = "") -> None:
    """Raise ModelFileError for a name that no fitted estimator's pickle has; `package` is the publisher's own one."""
    root, _, last = name.partition(".")
    if package and root == package:
        return
    if root == "__main__" or "<locals>" in name or "<lambda>" in name:
        raise notebook_code(last)
    if root in CODE_PICKLERS:
        raise notebook_code(f"code packed into the file by {root}")
    if root in KNOWN or name in PLAIN:
        return
    if root in sys.stdlib_module_names:
        raise ModelFileError(
            f"the file would run {name[:100]} when it is opened, which no fitted estimator needs; nothing was executed",
            hint="do not open this file with joblib or pickle; if it is yours, remove that function from the estimator",
        )
    raise ModelFileError(
        f"the file needs the package {root[:60]}, and only classes of scikit-learn, LightGBM, XGBoost and "
        "CatBoost are served",
        hint=OWN_CLASSES,
    )


def unknown(name: str, place: str) -> ModelFileError:
    """Return the refusal of a class that the data form does not know; `place` is its path in the estimator."""
    root, last = name.partition(".")[0], name.rpartition(".")[2]
    if root in BOOSTERS and last.endswith("Ranker"):
        return ranker(last)
    advice = "use another of scikit-learn's classes in its place, or report this one"
    if name.startswith("joblib.memory"):
        advice = "fit the pipeline with memory=None"
    if name.startswith("scipy.stats"):
        advice = "publish search.best_estimator_ instead of the search with its distributions"
    if root in BOOSTERS:
        advice = (
            "publish the library's scikit-learn estimator: CatBoostClassifier, LGBMClassifier, XGBClassifier, or the "
            "Regressor"
        )
    where = f" (at {place[:100]})" if place else ""
    return ModelFileError(f"the estimator holds a {name[:100]}, which has no data form{where}", hint=advice)
