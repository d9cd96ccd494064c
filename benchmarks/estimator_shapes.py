"""Lists scikit-learn's fitted estimators that the data form refuses: `python -m benchmarks.estimator_shapes`.

Every public estimator is fitted with its defaults, and with each alternative of each parameter by itself, on small
tables of many kinds. Each fitted estimator is written and read as in a publication, and must give the same answers. A
refusal is printed once, with its parameters. `--defaults` omits the alternatives; class names restrict the survey.
"""

import inspect
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.estimator_tables import PLAIN, ROWS, TABLES, Table
from benchmarks.estimator_variants import fixed, variants
from benchmarks.options import parser
from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.convert import from_live

METHODS = ("predict", "predict_proba", "decision_function", "transform")
WITHOUT = frozenset({"MultiLabelBinarizer"})
"""Classes without a data form: they take labels, never rows."""
ON_PURPOSE = ("would read files", "it is computed from the points")
"""Texts of refusals that are intended."""


class Fit(NamedTuple):
    """A fitted estimator, its parameters as text, and its rows."""

    text: str
    estimator: Any
    rows: Any


def kinds(names: list[str]) -> list[tuple[str, Any]]:
    """Every public estimator that answers or transforms new rows."""
    from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
    from sklearn.utils import all_estimators

    found = [(name, kind) for name, kind in all_estimators() if hasattr(kind, "predict") or hasattr(kind, "transform")]
    return [(name, kind) for name, kind in found if (not names or name in names) and name not in WITHOUT]


def fits(kind: Any, *, defaults: bool) -> Iterator[Fit]:
    """Every way to fit a class that works."""
    for changed in [{}] if defaults else variants(kind):
        for name, table in TABLES.items():
            if changed and name not in PLAIN:
                continue
            try:
                estimator = fitted(kind, changed, table)
            except Exception:  # noqa: BLE001, S112 - a class that refuses a table, or parameters that do not go together
                continue
            text = ", ".join(f"{key}={_text(value)}" for key, value in changed.items())
            yield Fit(f"{kind.__name__}({text}) on {name}", estimator, table.X)


def _text(value: Any) -> str:
    return " ".join(repr(value).split())[:60]


def fitted(kind: Any, changed: dict[str, Any], table: Table) -> Any:
    """Return a class fitted on a table with some parameters changed; scikit-learn raises where they do not fit."""
    estimator = kind(**{**fixed(kind), **changed})
    weights = {}
    if table.weighted:
        if "sample_weight" not in inspect.signature(estimator.fit).parameters:
            raise TypeError("no weights")
        weights = {"sample_weight": np.linspace(0.5, 2.0, ROWS)}
    if table.y is None:
        return estimator.fit(table.X, **weights)
    return estimator.fit(table.X, table.y, **weights)


def judge(fit: Fit) -> str | None:
    """Return why the data form refuses an estimator, or how its answers differ; None where all is well."""
    answers = dict(_answers(fit))  # first: some estimators get attributes when they answer
    try:
        rebuilt = read(from_live(fit.estimator)).estimator
    except ModelFileError as error:
        return None if any(words in str(error) for words in ON_PURPOSE) else str(error)
    for method, (before, again) in answers.items():
        try:
            after = getattr(rebuilt, method)(fit.rows)
        except Exception as error:  # noqa: BLE001 - any failure of the rebuilt one is what this looks for
            return f"{method} of the rebuilt estimator raises {type(error).__name__}: {str(error)[:100]}"
        if same(before, again) and not same(before, after):
            return f"{method} of the rebuilt estimator answers differently"
    return None


def _answers(fit: Fit) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield each method that answers the rows, and what it answers twice: some answers are drawn at random."""
    for method in METHODS:
        try:
            yield method, (getattr(fit.estimator, method)(fit.rows), getattr(fit.estimator, method)(fit.rows))
        except Exception:  # noqa: BLE001, S112 - the estimator itself does not answer these rows
            continue


def same(before: Any, after: Any) -> bool:
    """Return whether two answers are equal up to the last bit, which may depend on an array's alignment."""
    if isinstance(before, (list, tuple)):
        return all(same(*pair) for pair in zip(before, after, strict=True))
    if hasattr(before, "toarray"):
        before, after = before.toarray(), after.toarray()
    before, after = np.asarray(before), np.asarray(after)
    if before.dtype.kind == "f":
        return bool(np.allclose(before, after, rtol=1e-9, atol=1e-12, equal_nan=True))
    return bool(np.all((before == after) | ((before != before) & (after != after))))  # noqa: PLR0124 - NaN among objects


def survey(names: list[str], *, defaults: bool) -> dict[str, str]:
    """Return each refusal and the first fit that it met."""
    found: dict[str, str] = {}
    tried = 0
    for name, kind in kinds(names):
        count = 0
        for fit in fits(kind, defaults=defaults):
            count += 1
            why = judge(fit)
            if why is not None and why not in found:
                found[why] = fit.text
                print(f"{fit.text}\n    {why}", flush=True)
        tried += count
        if not count:
            print(f"{name}: nothing fitted it", flush=True)
    print(f"{tried:,} fits, {len(found)} refusals", flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the refused estimators; exit code 1 if there are any."""
    options = parser(__doc__)
    options.add_argument("classes", nargs="*")
    options.add_argument("--defaults", action="store_true")
    given = options.parse_args(arguments)
    warnings.simplefilter("ignore")
    names = ["LinearRegression"] if given.smallest else given.classes
    if survey(names, defaults=given.defaults or given.smallest):
        sys.exit(1)


if __name__ == "__main__":
    main()
