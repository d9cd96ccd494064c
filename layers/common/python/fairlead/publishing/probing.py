"""Questions put to the fitted estimator itself: does it answer these rows, does it refuse values it has not seen."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead.publishing.frames import hand_over
from fairlead.signature import Field, Layout

if TYPE_CHECKING:
    import pandas as pd

UNSEEN = "a value never seen"
ROWS = 20


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

    def failure(self, frame: "pd.DataFrame") -> Exception | None:
        """Why the estimator cannot answer these rows, None where it can."""
        try:
            self.answer(frame)
        except Exception as error:  # noqa: BLE001 - any step of anyone's pipeline may raise anything
            return error
        return None

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
        if value is None and pd.api.types.is_numeric_dtype(dtype):
            return pd.Series([float("nan")], index=self.frame.index[:1])
        numeric = pd.api.types.is_numeric_dtype(dtype) and not isinstance(value, str)
        return pd.Series(
            [float("nan") if value is None else value], index=self.frame.index[:1], dtype=dtype if numeric else object
        )


def probe_rows(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The first rows, the most complete one in front, and for each column a row where it is missing."""
    holes = frame.isna()
    first = holes.sum(axis=1).idxmin()
    wanted = [first, *frame.index[:ROWS], *(column.idxmax() for _, column in holes.items() if column.any())]
    return frame.loc[list(dict.fromkeys(wanted))].reset_index(drop=True)


def closed_fields(probe: Probe, fields: list[Field]) -> set[str]:
    """Names of the category fields whose unseen values the estimator refuses; one question where none is closed."""
    unseen = {field.name: unseen_value(field) for field in fields if field.kind == "category"}
    if not unseen or not probe.refuses(unseen):
        return set()
    return {name for name, value in unseen.items() if probe.refuses({name: value})}


def open_to_missing(probe: Probe, names: list[str]) -> set[str]:
    """Names of the columns that may be missing in a row that the estimator answers; one question where all may."""
    if not names or not probe.refuses(dict.fromkeys(names)):
        return set(names)
    return {name for name in names if not probe.refuses({name: None})}


def unseen_value(field: Field) -> str | int:
    """A value of the field's kind that is none of its categories."""
    numbers = [value for value in field.categories or () if isinstance(value, int)]
    return max(numbers) + 1 if numbers else UNSEEN
