"""Questions put to the fitted estimator itself: does it answer these rows, does it refuse values it has not seen."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.engines.sklearn import FILL
from fairlead.model.signature import Field, Layout
from fairlead.publishing.input.frames import hand_over
from fairlead.publishing.signature.json_values import is_missing

if TYPE_CHECKING:
    import pandas as pd

UNSEEN = "a value never seen"
ROWS = 20
MOST_ROWS = 200
"""Thousands of columns with missing values are shown by fewer rows than columns."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The estimator and a few rows of the table that it is asked about."""

    estimator: Any
    frame: "pd.DataFrame"
    layout: Layout

    def answer(self, frame: "pd.DataFrame") -> Any:
        """What predict says, quietly: a probe's warnings are not the publisher's."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.estimator.predict(hand_over(frame, self.layout))

    def answer_in_full(self, frame: "pd.DataFrame") -> Any:
        """Probabilities where there are any, else what predict says."""
        ask = getattr(self.estimator, "predict_proba", None) or self.estimator.predict
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(ask(hand_over(frame, self.layout)))

    def failure(self, frame: "pd.DataFrame") -> Exception | None:
        """Why the estimator cannot answer these rows, None where it can."""
        try:
            self.answer(frame)
        except Exception as error:  # noqa: BLE001 - any step of anyone's pipeline may raise anything
            return error
        return None

    def answers_as(self, other: "Probe") -> bool:
        """Whether both answer their rows, and equally."""
        try:
            mine, theirs = self.answer(self.frame), other.answer(other.frame)
            return bool(np.array_equal(np.asarray(mine), np.asarray(theirs)))
        except Exception:  # noqa: BLE001 - as in failure
            return False

    def refuses(self, values: dict[str, Any]) -> bool:
        """Whether one good row with these values put in is refused."""
        row = self.frame.iloc[[0]].copy()
        for name, value in values.items():
            row[name] = self._column(name, value)
        return self.failure(row) is not None

    def _column(self, name: str, value: Any) -> "pd.Series[Any]":
        """One row's column holding the value, in the column's own dtype where it takes it."""
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
    """The estimator with a few rows, and which of the `unused` columns it really ignores: all of them or none.

    Ignored columns hold in the probe's rows what the endpoint will put there.
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
    """Positions of the first rows, the most complete one in front, and of rows that lack each column that may lack."""
    holes = frame.isna().to_numpy()
    chosen = list(dict.fromkeys([int(holes.sum(axis=1).argmin()), *range(min(ROWS, len(frame)))]))
    shown = holes[chosen].any(axis=0)
    for column in np.flatnonzero(holes.any(axis=0) & ~shown):
        if len(chosen) < MOST_ROWS and not shown[column]:
            chosen.append(int(holes[:, column].argmax()))
            shown |= holes[chosen[-1]]
    return chosen


def closed_fields(probe: Probe, fields: list[Field]) -> set[str]:
    """Names of the category fields whose unseen values the estimator refuses; one question where none is closed."""
    unseen = {field.name: unseen_value(field) for field in fields if field.kind == "category"}
    if not unseen or not probe.refuses(unseen):
        return set()
    return {name for name, value in unseen.items() if probe.refuses({name: value})}


def open_to_missing(probe: Probe, missing: dict[str, Any]) -> set[str]:
    """Names of the columns that may hold their missing value in an answered row; one question where all may."""
    if not missing or not probe.refuses(missing):
        return set(missing)
    return {name for name, value in missing.items() if not probe.refuses({name: value})}


def unseen_value(field: Field) -> str | int:
    """A value of the field's kind that is none of its categories."""
    numbers = [value for value in field.categories or () if isinstance(value, int)]
    return max(numbers) + 1 if numbers else UNSEEN
