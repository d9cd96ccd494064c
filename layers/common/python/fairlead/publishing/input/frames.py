"""Inputs in the estimator's layout: a frame with its columns in its order, a bare array, or one column of text."""

import difflib
import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.engines.sklearn import FILL
from fairlead.errors import DataError, ModelFileError
from fairlead.model.signature import Layout

if TYPE_CHECKING:
    import pandas as pd


def layout_of(estimator: Any, *, text_first: bool) -> Layout:
    """Return the layout the estimator was fitted on; with `text_first` its first step reads one column of strings."""
    if text_first:
        return "column"
    return "frame" if names_of(estimator) is not None else "array"


def names_of(estimator: Any) -> list[str] | None:
    """Return the column names the estimator was fitted on, None for a bare array."""
    try:
        names = [str(name) for name in estimator.feature_names_in_]
    except AttributeError:  # also a Pipeline's, which reads the attribute of its first step
        return None
    # LightGBM before 4.7 names the columns of an array, and estimators around it take these names over.
    return None if names == [f"Column_{place}" for place in range(len(names))] else names


def with_model_names(estimator: Any, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the frame with the estimator's spelling of its columns: LightGBM replaces spaces by underscores."""
    known, present = set(names_of(estimator) or ()), set(frame.columns)
    spelled = {name: re.sub(r"\s", "_", str(name)) for name in present - known}
    changed = {old: new for old, new in spelled.items() if new in known - present}
    return frame.rename(columns=changed) if changed else frame


def select_columns(
    estimator: Any, frame: "pd.DataFrame", layout: Layout, unused: Container[int] = frozenset()
) -> "pd.DataFrame":
    """Return the estimator's columns in its order, without columns it does not know; raises DataError for absent ones.

    Columns at `unused` positions may be absent: the estimator's answers do not depend on them.
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
            hint="remove the other columns, or fit on a DataFrame so that columns are found by name",
        )
    return frame


def predict_input(frame: "pd.DataFrame", layout: Layout) -> Any:
    """Return the argument of the estimator's predict: the frame, an array, or the one column of text."""
    if layout == "frame":
        return frame
    return _matrix(frame) if layout == "array" else frame.iloc[:, 0]


def _matrix(frame: "pd.DataFrame") -> np.ndarray[Any, Any]:
    """Return numeric columns as doubles with NaN for missing, other tables as objects; pandas' NA is not a number."""
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
            hint="remove the other columns, or fit a ColumnTransformer so that the column is found by name",
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
        else "add the columns that the estimator was fitted on",
    )


def _plural(count: int) -> str:
    return "a column" if count == 1 else f"{count} columns"


def refuse_several_targets() -> ModelFileError:
    """Return the refusal of a classifier with several targets: an answer has one label per row."""
    return ModelFileError(
        "a classifier of several targets cannot be served: an answer has one label per row",
        hint="publish one classifier for each target",
    )
