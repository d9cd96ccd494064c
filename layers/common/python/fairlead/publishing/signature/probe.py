"""Probe a fitted estimator: call it to learn whether it answers given rows and refuses unseen values."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.engines.sklearn import FILL
from fairlead.model.signature import Field, Layout
from fairlead.publishing.input.frames import predict_input
from fairlead.publishing.signature.json_values import is_missing

if TYPE_CHECKING:
    import pandas as pd

UNSEEN = "a value never seen"
ROWS = 20
MOST_ROWS = 200
"""The limit where thousands of columns have missing values: one row covers many columns."""


@dataclass(frozen=True, slots=True)
class Probe:
    """An estimator, and a few rows of the table to call it with."""

    estimator: Any
    frame: "pd.DataFrame"
    layout: Layout

    def answer(self, frame: "pd.DataFrame") -> Any:
        """Return predict's answer without warnings: those of a probe do not concern the publisher."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.estimator.predict(predict_input(frame, self.layout))

    def answer_in_full(self, frame: "pd.DataFrame") -> Any:
        """Return probabilities where the estimator has them, else predict's answer."""
        ask = getattr(self.estimator, "predict_proba", None) or self.estimator.predict
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(ask(predict_input(frame, self.layout)))

    def failure(self, frame: "pd.DataFrame") -> Exception | None:
        """Return the exception that the estimator raises for these rows, None where it answers them."""
        try:
            self.answer(frame)
        except Exception as error:  # noqa: BLE001 - a custom step may raise any exception
            return error
        return None

    def answers_as(self, other: "Probe") -> bool:
        """Return whether both estimators answer their rows, and give equal answers."""
        try:
            mine, theirs = self.answer(self.frame), other.answer(other.frame)
            return bool(np.array_equal(np.asarray(mine), np.asarray(theirs)))
        except Exception:  # noqa: BLE001 - as in failure
            return False

    def refuses(self, values: dict[str, Any]) -> bool:
        """Return whether the estimator refuses its first row with these values put in."""
        row = self.frame.iloc[[0]].copy()
        for name, value in values.items():
            row[name] = self._column(name, value)
        return self.failure(row) is not None

    def _column(self, name: str, value: Any) -> "pd.Series[Any]":
        """Return a column of one row with the value, in the column's own dtype where that can hold it."""
        import pandas as pd

        dtype = self.frame[name].dtype
        missing = is_missing(value)
        if missing and pd.api.types.is_numeric_dtype(dtype):
            return pd.Series([float("nan")], index=self.frame.index[:1])
        numeric = pd.api.types.is_numeric_dtype(dtype) and not isinstance(value, str)
        return pd.Series([value], index=self.frame.index[:1], dtype=dtype if numeric else object)


def probe_of(
    estimator: Any, frame: "pd.DataFrame", layout: Layout, unused: frozenset[int]
) -> tuple[Probe, frozenset[int]]:
    """Return a probe with a few rows, and which of the `unused` columns the estimator really ignores: all or none.

    Ignored columns have in the probe's rows the constant that the endpoint fills them with.
    """
    rows = frame.iloc[_places(frame.iloc[:, [place for place in range(frame.shape[1]) if place not in unused]])]
    rows = rows.reset_index(drop=True)
    whole = Probe(estimator, rows, layout)
    if not unused:
        return whole, unused
    blank = Probe(estimator, _blank(rows, unused), layout)
    return (blank, unused) if blank.answers_as(whole) else (Probe(estimator, rows, layout), frozenset())


def _blank(rows: "pd.DataFrame", unused: frozenset[int]) -> "pd.DataFrame":
    import pandas as pd

    fill = pd.Series(FILL, index=rows.index)
    columns = [fill if place in unused else rows.iloc[:, place] for place in range(rows.shape[1])]
    return pd.concat(columns, axis=1, keys=rows.columns)


def _places(frame: "pd.DataFrame") -> list[int]:
    """Return positions of the most complete row, the first rows, and rows that cover every column's missing values."""
    missing = frame.isna().to_numpy()
    chosen = list(dict.fromkeys([int(missing.sum(axis=1).argmin()), *range(min(ROWS, len(frame)))]))
    covered = missing[chosen].any(axis=0)
    for column in np.flatnonzero(missing.any(axis=0) & ~covered):
        if len(chosen) < MOST_ROWS and not covered[column]:
            chosen.append(int(missing[:, column].argmax()))
            covered |= missing[chosen[-1]]
    return chosen


def closed_fields(probe: Probe, fields: list[Field]) -> set[str]:
    """Return the names of category fields whose unseen values the estimator refuses; one call where it refuses none."""
    unseen = {field.name: unseen_value(field) for field in fields if field.kind == "category"}
    if not unseen or not probe.refuses(unseen):
        return set()
    return {name for name, value in unseen.items() if probe.refuses({name: value})}


def open_to_missing(probe: Probe, missing: dict[str, Any]) -> set[str]:
    """Return the names of columns whose missing value the estimator answers; one call where it answers all."""
    if not missing or not probe.refuses(missing):
        return set(missing)
    return {name for name, value in missing.items() if not probe.refuses({name: value})}


def unseen_value(field: Field) -> str | int:
    """Return a value of the field's kind that is not among its categories."""
    numbers = [value for value in field.categories or () if isinstance(value, int)]
    return max(numbers) + 1 if numbers else UNSEEN
