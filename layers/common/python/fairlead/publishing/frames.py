"""Inputs as the estimator takes them: a frame with its columns in its order, a bare array, or one column of text."""

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.errors import DataError, ModelFileError
from fairlead.signature import Layout

if TYPE_CHECKING:
    import pandas as pd


def to_frame(X: Any) -> "pd.DataFrame":
    """Any table a notebook holds as a DataFrame; an array's columns are x0, x1, …; raises DataError for the rest."""
    import pandas as pd
    import scipy.sparse

    if scipy.sparse.issparse(X):
        raise DataError("sparse input cannot be served", hint="publish a Pipeline that makes the sparse matrix itself")
    if isinstance(X, pd.Series):
        X = X.to_frame(name="text" if X.name is None else str(X.name))
    if not isinstance(X, pd.DataFrame):
        array = X if isinstance(X, np.ndarray) else np.array(X, dtype=object)
        if array.ndim == 1:
            return pd.DataFrame({"text": array}).infer_objects()
        if array.ndim != 2:
            raise DataError(f"the rows have {array.ndim} dimensions, not two")
        X = pd.DataFrame(array, columns=[f"x{position}" for position in range(array.shape[1])]).infer_objects()
    if not all(isinstance(column, str) for column in X.columns):
        X = X.set_axis([f"x{position}" for position in range(X.shape[1])], axis=1)
    if X.columns.has_duplicates:
        raise DataError(f"the table names the column {X.columns[X.columns.duplicated()][0]!r} more than once")
    if not len(X):
        raise DataError("the table has no rows")
    return X.reset_index(drop=True)


def layout_of(estimator: Any, *, text_first: bool) -> Layout:
    """How the estimator was fitted; `text_first` says that its first step reads one column of strings."""
    if text_first:
        return "column"
    return "frame" if names_of(estimator) is not None else "array"


def names_of(estimator: Any) -> list[str] | None:
    """Column names the estimator was fitted on, None where it saw a bare array."""
    try:
        return [str(name) for name in estimator.feature_names_in_]
    except AttributeError:  # a Pipeline hands the question to its first step
        return None


def arrange(estimator: Any, frame: "pd.DataFrame", layout: Layout) -> "pd.DataFrame":
    """The estimator's columns in its order. Columns it does not know are left out; missing ones are refused by name."""
    if layout == "column":
        return _text_column(frame)
    names = names_of(estimator)
    if names is not None:
        _check_present(names, list(frame.columns))
        return frame[names]
    width = getattr(estimator, "n_features_in_", frame.shape[1])
    if frame.shape[1] != width:
        raise DataError(
            f"the estimator was fitted on a bare array of {width} columns, the table has {frame.shape[1]} "
            f"beside the target: {', '.join(frame.columns[:20])}",
            hint="leave the others out, or fit on a DataFrame so that columns are found by name",
        )
    return frame


def hand_over(frame: "pd.DataFrame", layout: Layout) -> Any:
    """What the estimator's predict is called with."""
    if layout == "frame":
        return frame
    return frame.to_numpy() if layout == "array" else frame.iloc[:, 0]


def _text_column(frame: "pd.DataFrame") -> "pd.DataFrame":
    from pandas.api.types import infer_dtype

    columns = [name for name in frame.columns if infer_dtype(frame[name], skipna=True) == "string"]
    if len(columns) != 1:
        found = ", ".join(columns) if columns else "none"
        raise DataError(
            f"the estimator reads one column of text, the table has {len(columns)} columns of strings ({found})",
            hint="leave the others out, or fit a ColumnTransformer so that the column is found by name",
        )
    return frame[columns]


def _check_present(names: list[str], present: list[str]) -> None:
    absent = [name for name in names if name not in set(present)]
    if not absent:
        return
    close = difflib.get_close_matches(absent[0], present, n=1)
    raise DataError(
        f"the table lacks {_plural(len(absent))} the estimator was fitted on: {', '.join(absent[:10])}"
        + (" …" if len(absent) > 10 else ""),
        hint=f"{absent[0]!r} may be {close[0]!r} in the table"
        if close
        else "bring the columns the estimator saw in fit",
    )


def _plural(count: int) -> str:
    return "a column" if count == 1 else f"{count} columns"


def refuse_several_targets() -> ModelFileError:
    """A classifier of several targets has no one label per row."""
    return ModelFileError(
        "a classifier of several targets cannot be served: one row has one label",
        hint="publish one classifier for each target",
    )
