"""Check that an estimator can be published: a fitted scikit-learn estimator that answers new rows."""

import functools
import inspect
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from fairlead.engines.estimator_data.booster_parameters import SAFE
from fairlead.errors import ModelFileError, one_line
from fairlead.model.signature import Task
from fairlead.publishing.input.inner_estimators import pipeline_steps

TASKS: dict[str, Task] = {
    "classifier": "classification",
    "regressor": "regression",
    "outlier_detector": "anomaly",
    "clusterer": "clustering",
    "density_estimator": "clustering",
}
"""Task by scikit-learn's estimator type; a mixture answers with a component's number, as a clustering does."""

CATBOOST = "catboost.core"
"""The module of estimators that have scikit-learn's methods and not its base class."""
FILES = (".joblib", ".pickle", ".pkl", ".skops")
PLAIN = frozenset({bool, int, float, str, bytes, type(None)})


def check_estimator(estimator: Any) -> None:
    """Raise ModelFileError with a reason and a hint for an estimator that cannot be published."""
    try:
        _check(estimator)
    except ModelFileError:
        raise
    except Exception as error:  # attributes of a custom estimator may raise any exception
        raise ModelFileError(
            f"the {_type_name(estimator)} cannot be examined: {one_line(error, 200, named=True)}",
            hint="check that its attributes can be read and that estimator.predict(X) works",
        ) from error


def _check(estimator: Any) -> None:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if inspect.isclass(estimator):
        raise ModelFileError(
            f"{estimator.__name__} is a class, not a fitted estimator",
            hint="fit and publish an instance",
        )
    if isinstance(estimator, PurePath) or (isinstance(estimator, str) and estimator.endswith(FILES)):
        raise ModelFileError(
            f"{str(estimator)[:100]!r} names a file; a fitted estimator belongs here",
            hint="give joblib.load(FILE); the command line takes files",
        )
    if not isinstance(estimator, BaseEstimator) and type(estimator).__module__ != CATBOOST:
        raise ModelFileError(
            f"a {_type_name(estimator)} is not a scikit-learn estimator",
            hint="publish the fitted estimator itself, not a dictionary, list or wrapper around it",
        )
    task_of(estimator)
    _refuse_unservable(estimator)
    try:
        check_is_fitted(estimator)
        _check_final_step(estimator)
    except NotFittedError as error:
        raise ModelFileError(f"the {_type_name(estimator)} is not fitted", hint="call fit before publishing") from error


def task_of(estimator: Any) -> Task:
    """Return the estimator's task; raises ModelFileError for an estimator that answers no new rows."""
    from sklearn.utils import get_tags

    kind = get_tags(estimator).estimator_type
    name = _type_name(estimator)
    if kind == "ranker" or name.endswith("Ranker"):
        raise ranker(name)
    if kind not in TASKS:
        raise ModelFileError(
            f"a {name} is not a classifier, regressor, outlier detector or clustering",
            hint="publish a Pipeline that ends in one of them",
        )
    if not hasattr(estimator, "predict"):
        hint = "fit it with novelty=True" if name == "LocalOutlierFactor" else "publish an estimator with predict"
        raise ModelFileError(f"this {name} cannot answer new rows: it has no predict", hint=hint)
    return TASKS[kind]


def parts(value: Any) -> Iterator[Any]:
    """Yield the value, its parameters and its fitted attributes: estimators, trees, functions; no plain values."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting.extend(member for member in _members(part) if type(member) not in PLAIN)


def libraries(estimator: Any) -> list[str]:
    """Return the packages of boosters inside an estimator, as it was fitted or as its data form builds it."""
    roots = {getattr(part, "library", type(part).__module__.partition(".")[0]) for part in parts(estimator)}
    return sorted(roots & SAFE.keys())


def _members(part: Any) -> Iterable[Any]:
    from sklearn.base import BaseEstimator

    library = type(part).__module__.partition(".")[0] in ("scipy", "sklearn")
    if isinstance(part, BaseEstimator) or (library and hasattr(part, "__dict__")):
        return list(vars(part).values())
    if isinstance(part, dict):
        return part.values()
    if isinstance(part, (list, tuple)):
        return part
    if isinstance(part, np.ndarray):
        return list(part.flat) if part.dtype.hasobject else ()
    if isinstance(part, functools.partial):
        return [part.func, *part.args, *part.keywords.values()]
    return ()


def _refuse_unservable(estimator: Any) -> None:
    for part in parts(estimator):
        named = part if inspect.isroutine(part) or inspect.isclass(part) else type(part)
        module, name = getattr(named, "__module__", None), getattr(named, "__qualname__", "")
        if module == "__main__" or "<lambda>" in name or "<locals>" in name:
            raise notebook_code(name)
        if _type_name(part) in ("DictVectorizer", "FeatureHasher"):
            raise ModelFileError(
                f"a {_type_name(part)} reads dictionaries, which are not served",
                hint="fit a ColumnTransformer with a OneHotEncoder on a DataFrame: pandas.DataFrame(rows)",
            )
        if getattr(part, "input", None) in ("filename", "file") and hasattr(part, "token_pattern"):
            raise ModelFileError(
                f"the {_type_name(part)} reads files that a caller names (input={part.input!r})",
                hint="fit it with input='content'",
            )


def ranker(name: str) -> ModelFileError:
    """Return the refusal of a ranker."""
    return ModelFileError(
        f"a {name} orders the rows of a group, and the API answers each row alone",
        hint="fit a regressor of the relevance, and order its answers where you call it",
    )


def notebook_code(name: str) -> ModelFileError:
    """Return the refusal of a function or class that exists only in a notebook or script."""
    return ModelFileError(
        f"the model uses {name}, which is defined in a notebook or script and not in an installed package",
        hint="express it with scikit-learn's own transformers and numpy's functions; or move it into a package, fit "
        "again, and give the package with --code PACKAGE_DIR",
    )


def _check_final_step(estimator: Any) -> None:
    """Raise NotFittedError for an unfitted step: check_is_fitted looks only at a Pipeline's last step."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import check_is_fitted

    if isinstance(estimator, Pipeline):
        for step in pipeline_steps(estimator):
            check_is_fitted(step)
            _check_final_step(step)


def _type_name(value: Any) -> str:
    return type(value).__name__
