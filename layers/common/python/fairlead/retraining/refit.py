"""The champion's estimator, cloned unfitted and fitted again.

`clone` is scikit-learn's: the same class and parameters without fitted state. An estimator that keeps fitted state
through a clone is refused, because it would be published as newly fitted.
"""

import ast
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import FairleadError, one_line
from fairlead.model.manifest import Manifest, Recipe
from fairlead.model.signature import Signature
from fairlead.publishing.input.estimator_checks import parts
from fairlead.publishing.recipe import recipe
from fairlead.registry.store import Registry
from fairlead.retraining.types import RetrainingError, Row

if TYPE_CHECKING:
    import pandas as pd

BY_HAND = "fit it by hand on the old and new rows, and publish it"
LEARNABLE = frozenset({"classification", "regression"})


class Refit:
    """A champion's estimator, `fitted` and `unfitted`, with its fit arguments; rows are in signature order."""

    def __init__(self, fitted: Any, unfitted: Any, signature: Signature, arguments: dict[str, Any]) -> None:
        self._fitted = fitted
        self._unfitted = unfitted
        self._arguments = arguments
        self._inputs = SklearnEngine(fitted, signature)
        self._output = signature.output

    def fit(self, rows: Sequence[Row], target: Sequence[Any]) -> Any:
        """Fit a clone on rows and targets; returns the fitted estimator. Raises RetrainingError."""
        import numpy as np

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = self._unfitted.fit(self._inputs.inputs(rows), np.array(target), **self._arguments)
        except Exception as error:  # a user's pipeline step may raise any exception
            raise RetrainingError(
                f"the estimator cannot be fitted on the new rows: {one_line(error, named=True)}", hint=BY_HAND
            ) from error
        _check_columns(self._fitted, made)
        return made

    def frame(self, rows: Sequence[Row]) -> "pd.DataFrame":
        """Return rows as a table for publishing."""
        return self._inputs.frame(rows)

    def target(self, target: Sequence[Any]) -> "pd.Series[Any] | pd.DataFrame":
        """Return targets as a series or table for publishing."""
        import pandas as pd

        if self._output.names:
            return pd.DataFrame(list(target), columns=list(self._output.names))
        return pd.Series(list(target), name=self._output.target or None)


def champion_estimator(registry: Registry, manifest: Manifest) -> Any:
    """Build the champion's fitted estimator from its data form, whose digest is checked first.

    Raises ModelFileError, IntegrityError, NotFoundError, and RetrainingError if the data form lacks a parameter.
    """
    if manifest.package:
        raise RetrainingError(
            f"the version has code of its publisher ({manifest.package}), which retraining does not execute",
            hint="fit it by hand on the old and new rows, and publish it with --code",
        )
    found = read(registry.blob(manifest.blobs["estimator"]))
    if found.left_out:
        raise RetrainingError(
            f"the version was stored without {', '.join(found.left_out)}, because it was code", hint=BY_HAND
        )
    return found.estimator


def unfitted(fitted: Any, manifest: Manifest) -> Refit:
    """Return the champion's estimator with an unfitted clone; raises RetrainingError if it cannot be refitted."""
    from sklearn.base import clone

    if manifest.signature.output.task not in LEARNABLE:
        raise RetrainingError(
            f"a {manifest.signature.output.task} model cannot be retrained on outcomes",
            hint="fit it again on recent rows and publish it",
        )
    if frozen := _frozen(fitted):
        raise RetrainingError(f"{frozen} keeps its fitted state when it is fitted again", hint=BY_HAND)
    try:
        estimator = clone(fitted)
    except FairleadError as error:  # a booster whose library is missing, or that was stored without a parameter
        hint = f"retrain with --local, where the package is: {error.hint}" if error.hint else BY_HAND
        raise RetrainingError(f"its estimator cannot be cloned: {error}", hint=hint) from error
    except Exception as error:  # a user's constructor may raise any exception
        raise RetrainingError(f"its estimator cannot be cloned: {one_line(error)}") from error
    _check_recipe(recipe(fitted), manifest.recipe)
    return Refit(fitted, estimator, manifest.signature, _arguments(manifest.recipe))


def _frozen(fitted: Any) -> str:
    """Return the part that stays fitted in a clone; empty without such a part."""
    for part in parts(fitted):
        name = type(part).__name__
        if name == "FrozenEstimator":
            return "FrozenEstimator"
        if not hasattr(part, "get_params") or isinstance(part, type):
            continue
        parameters = part.get_params(deep=False)
        if parameters.get("cv") == "prefit" or parameters.get("prefit") is True:
            return f"{name} around a fitted estimator (prefit)"
    return ""


def _check_columns(before: Any, after: Any) -> None:
    """Raise RetrainingError if column selectors, which select by type, chose other columns in the captured table."""
    was, chosen = _columns(before), _columns(after)
    if was != chosen:
        different = next((one for one in was if one not in chosen), was[0] if was else "")
        raise RetrainingError(
            f"fitted on production rows, the estimator selects other columns than the champion ({different})",
            hint="name the columns in the ColumnTransformer instead of selecting them by type, and publish it",
        )


def _columns(fitted: Any) -> list[str]:
    """Return the columns of each step of every ColumnTransformer."""
    found = []
    for part in parts(fitted):
        for name, _, columns in getattr(part, "transformers_", None) or ():
            found.append(f"{name}: {[columns] if isinstance(columns, (str, int)) else list(columns)}")
    return sorted(found)


def _check_recipe(made: Recipe, kept: Recipe) -> None:
    """Raise RetrainingError if the estimator blob and the manifest's recipe differ."""
    different = [
        name
        for name in sorted({*made.parameters, *kept.parameters})
        if made.parameters.get(name) != kept.parameters.get(name)
    ]
    if made.estimator != kept.estimator or different:
        what = ", ".join(different) or f"{made.estimator}, not {kept.estimator}"
        raise RetrainingError(f"the stored estimator differs from the recipe: {what}", hint=BY_HAND)


def _arguments(kept: Recipe) -> dict[str, Any]:
    """Return the arguments of fit; raises RetrainingError for one that the recipe cannot hold, such as row weights."""
    arguments = {}
    for name, text in kept.fit_arguments.items():
        try:
            arguments[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise RetrainingError(
                f"it was fitted with {name}={text[:60]}, which the recipe cannot restore", hint=BY_HAND
            ) from error
    return arguments
