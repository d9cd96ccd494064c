"""Inputs as the estimator takes them: a frame with its columns in its order, a bare array, or one column of text."""

import difflib
from collections.abc import Container
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.engines.sklearn import FILL
from fairlead.errors import DataError, ModelFileError
from fairlead.model.signature import Layout

if TYPE_CHECKING:
    import pandas as pd


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


def arrange(
    estimator: Any, frame: "pd.DataFrame", layout: Layout, unused: Container[int] = frozenset()
) -> "pd.DataFrame":
    """The estimator's columns in its order. Columns it does not know are left out; missing ones are refused by name.

    Columns at `unused` positions may be missing: the estimator's answers do not depend on them.
    """
    if layout == "column":
        return _text_column(frame)
    names = names_of(estimator)
    if names is not None:
        _check_present([name for place, name in enumerate(names) if place not in unused], list(frame.columns))
        return frame.reindex(columns=names, fill_value=FILL)
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
    return _matrix(frame) if layout == "array" else frame.iloc[:, 0]


def _matrix(frame: "pd.DataFrame") -> np.ndarray[Any, Any]:
    """Columns of numbers as doubles, missing as NaN; anything else as objects. pandas' own NA is no number."""
    from pandas.api import types

    matrix: np.ndarray[Any, Any]
    if all(isinstance(dtype, np.dtype) for dtype in frame.dtypes):
        matrix = frame.to_numpy()
    elif all(types.is_numeric_dtype(dtype) for dtype in frame.dtypes):
        matrix = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        matrix = np.where(frame.isna().to_numpy(), np.nan, frame.to_numpy(dtype=object))
    return matrix


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
    there = set(present)
    absent = [name for name in names if name not in there]
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
