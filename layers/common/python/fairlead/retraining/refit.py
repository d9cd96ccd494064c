"""The champion's own estimator, as it was before it was fitted, and fitted again.

Unfitted means scikit-learn's `clone`: the same class with the same parameters and nothing learnt. What keeps what it
has learnt through a clone would be published as newly fitted and is not, so it is refused.
"""

import ast
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.sklearn import SklearnEngine
from fairlead.model.manifest import Manifest, Recipe
from fairlead.model.signature import Signature
from fairlead.publishing.input.estimator_checks import parts
from fairlead.publishing.recipe import recipe
from fairlead.registry.store import Registry
from fairlead.retraining.types import RetrainingError, Row

if TYPE_CHECKING:
    import pandas as pd

BY_HAND = "fit it where it was made, on its rows and the new ones, and publish that"
LEARNABLE = frozenset({"classification", "regression"})


class Refit:
    """A champion's estimator, `fitted` and `unfitted`, with the arguments of its fit; rows are in signature order."""

    def __init__(self, fitted: Any, unfitted: Any, signature: Signature, arguments: dict[str, Any]) -> None:
        self._fitted = fitted
        self._unfitted = unfitted
        self._arguments = arguments
        self._inputs = SklearnEngine(fitted, signature)
        self._output = signature.output

    def fit(self, rows: Sequence[Row], target: Sequence[Any]) -> Any:
        """Fit on rows as the champion takes them; returns the estimator. Raises RetrainingError."""
        import numpy as np

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = self._unfitted.fit(self._inputs.inputs(rows), np.array(target), **self._arguments)
        except Exception as error:  # any step of anyone's pipeline may raise anything
            text = " ".join(str(error).split())[:300]
            raise RetrainingError(
                f"the estimator cannot be fitted on the new rows: {type(error).__name__}: {text}", hint=BY_HAND
            ) from error
        _check_columns(self._fitted, made)
        return made

    def frame(self, rows: Sequence[Row]) -> "pd.DataFrame":
        """Return rows as a table, which publishing takes."""
        return self._inputs.frame(rows)

    def target(self, target: Sequence[Any]) -> "pd.Series[Any] | pd.DataFrame":
        """Return targets as publishing takes them."""
        import pandas as pd

        if self._output.names:
            return pd.DataFrame(list(target), columns=list(self._output.names))
        return pd.Series(list(target), name=self._output.target or None)


def champion_estimator(registry: Registry, manifest: Manifest) -> Any:
    """Build the champion's fitted estimator from its data form, digest first.

    Raises ModelFileError, IntegrityError, NotFoundError, and RetrainingError where data could not hold a parameter.
    """
    found = read(registry.blob(manifest.blobs["estimator"]))
    if found.left_out:
        raise RetrainingError(f"its {', '.join(found.left_out)} was code, which no version keeps", hint=BY_HAND)
    return found.estimator


def unfitted(fitted: Any, manifest: Manifest) -> Refit:
    """Return the champion's kind, unfitted; raises RetrainingError where that cannot be had honestly."""
    from sklearn.base import clone

    if manifest.signature.output.task not in LEARNABLE:
        raise RetrainingError(
            f"a {manifest.signature.output.task} learns from no outcomes", hint="fit it anew on recent rows and publish"
        )
    if frozen := _frozen(fitted):
        raise RetrainingError(f"{frozen} keeps what it has learnt whenever it is fitted", hint=BY_HAND)
    try:
        estimator = clone(fitted)
    except Exception as error:  # constructors of anyone's classes may do anything
        raise RetrainingError(f"its estimator cannot be cloned: {' '.join(str(error).split())[:300]}") from error
    _check_recipe(recipe(estimator), manifest.recipe)
    return Refit(fitted, estimator, manifest.signature, _arguments(manifest.recipe))


def _frozen(fitted: Any) -> str:
    """Name the part that a clone would leave fitted; empty where there is none."""
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
    """Selectors choose columns by their types, and a table that was captured may have others than the first had."""
    was, chosen = _columns(before), _columns(after)
    if was != chosen:
        different = next((one for one in was if one not in chosen), was[0] if was else "")
        raise RetrainingError(
            f"fitted on production's rows it chooses other columns than the champion ({different})",
            hint="name the columns in the ColumnTransformer instead of selecting them by type, and publish that",
        )


def _columns(fitted: Any) -> list[str]:
    """Which columns each step of a ColumnTransformer has taken."""
    found = []
    for part in parts(fitted):
        for name, _, columns in getattr(part, "transformers_", None) or ():
            found.append(f"{name}: {[columns] if isinstance(columns, (str, int)) else list(columns)}")
    return sorted(found)


def _check_recipe(made: Recipe, kept: Recipe) -> None:
    """The blob and the manifest must tell of the same estimator."""
    different = [
        name
        for name in sorted({*made.parameters, *kept.parameters})
        if made.parameters.get(name) != kept.parameters.get(name)
    ]
    if made.estimator != kept.estimator or different:
        what = ", ".join(different) or f"{made.estimator}, not {kept.estimator}"
        raise RetrainingError(f"its estimator, cloned, is not the recipe's: {what}", hint=BY_HAND)


def _arguments(kept: Recipe) -> dict[str, Any]:
    """The arguments of fit; raises RetrainingError for one that text cannot hold, such as a weight for each row."""
    arguments = {}
    for name, text in kept.fit_arguments.items():
        try:
            arguments[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise RetrainingError(
                f"it was fitted with {name}={text[:60]}, which cannot be had again", hint=BY_HAND
            ) from error
    return arguments
