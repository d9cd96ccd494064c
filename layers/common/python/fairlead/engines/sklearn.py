"""The sklearn engine: calls the fitted estimator with rows in the form that it was fitted on.

Parity compares the onnx engine with it.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Null, Signature, positions, with_ignored

if TYPE_CHECKING:
    import pandas as pd

Rows = Sequence[tuple[Any, ...]]
FILL = 0.0
"""Fills ignored columns: the estimator requires them, and its answers do not depend on their values."""


class SklearnEngine:
    """Builds the frame, array or column of text that the estimator expects, and calls it."""

    def __init__(self, estimator: Any, signature: Signature) -> None:
        self._estimator = estimator
        self._signature = signature
        self._names = [field.name for field in signature.inputs]
        self._columns = with_ignored(signature).inputs
        self._missing = [missing_value(field.null) for field in signature.inputs]

    def answer(self, rows: Rows) -> Answers:
        """Return the answers to a batch of rows."""
        return self.ask(self.inputs(rows))

    def ask(self, X: Any) -> Answers:
        """Return the answers to a frame, an array or a column of text, without warnings: publishing has shown them."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._answers(X)

    def _answers(self, X: Any) -> Answers:
        output = self._signature.output
        answered = np.asarray(self._estimator.predict(X))
        if output.names is None and answered.ndim == 2:  # some regressors, and CatBoost's classes, are one column
            answered = answered[:, 0]
        predicted = _plain(answered)
        if output.task == "regression":
            return Answers(values=predicted)
        if output.task == "anomaly":
            return Answers(labels=predicted, scores=np.asarray(self._estimator.decision_function(X)).tolist())
        if output.probabilities:
            return Answers(labels=predicted, probabilities=np.asarray(self._estimator.predict_proba(X)).tolist())
        return Answers(labels=predicted)

    def inputs(self, rows: Rows) -> Any:
        """Return the estimator's input: a frame, an array or a column of text."""
        if self._signature.layout == "frame":
            return self.frame(rows)
        if self._signature.layout == "column":
            return [row[0] for row in rows]
        return self._array(rows)

    def frame(self, rows: Rows) -> "pd.DataFrame":
        """Return a frame with the signature's columns, whatever the estimator was fitted on."""
        import pandas as pd

        if all(field.kind == "number" for field in self._columns):  # one block for all columns
            return pd.DataFrame(self._array(rows), columns=[field.name for field in self._columns])
        columns = dict(zip(self._names, zip(*rows, strict=True), strict=True))
        arrays = {
            field.name: self._column(field, columns[field.name]) if field.name in columns else np.full(len(rows), FILL)
            for field in self._columns
        }
        # Explicit dtypes: pandas 3 would turn objects that are strings into a str column, with NaN for None.
        return pd.DataFrame({name: pd.Series(array, dtype=array.dtype) for name, array in arrays.items()})

    def _column(self, field: Field, values: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        objects = field.kind == "boolean" or (field.kind == "category" and field.null != "nan")
        if is_string(field) or field.objects or (objects and None in values):
            missing = missing_value(field.null)
            return np.array([missing if value is None else value for value in values], dtype=object)
        return np.array(values, dtype=np.float64 if None in values else _DTYPES[field.kind])

    def _array(self, rows: Rows) -> np.ndarray[Any, Any]:
        if not any(is_string(field) for field in self._columns):
            return self._filled(np.array(rows, dtype=np.float64))
        missing = self._missing
        values = [[missing[place] if value is None else value for place, value in enumerate(row)] for row in rows]
        return self._filled(np.array(values, dtype=object))

    def _filled(self, used: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Insert the ignored columns; returns shape (rows, all the estimator's columns)."""
        if not self._signature.ignored:
            return used
        filled = np.full((len(used), len(self._columns)), FILL, dtype=used.dtype)
        filled[:, positions(self._signature)] = used
        return filled


def _plain(predicted: np.ndarray[Any, Any]) -> list[Any]:
    """Return plain Python values: an object array may hold NumPy scalars, which JSON encoders refuse."""
    values: list[Any] = predicted.tolist()
    if predicted.dtype != object:
        return values
    return [value.item() if isinstance(value, np.generic) else value for value in values]


_DTYPES: dict[str, type[Any]] = {"number": np.float64, "integer": np.int64, "category": np.int64, "boolean": np.bool_}


def is_string(field: Field) -> bool:
    """Return whether a field's values are strings: text, and categories that are not integers."""
    if field.kind == "category":
        return not all(isinstance(value, int) for value in field.categories or ("",))
    return field.kind == "text"


def missing_value(null: Null) -> Any:
    """Return the missing value that a field's null becomes."""
    if null == "na":
        import pandas as pd

        return pd.NA
    return None if null == "none" else np.nan
