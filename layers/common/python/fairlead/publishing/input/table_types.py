"""Convert a notebook's tables and targets (pandas, NumPy, polars, Arrow, Python lists) to pandas.

The resulting DataFrame has strings as column names, dense columns and an index from 0. Other types are refused: the
error names the type and the call that converts it.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.errors import DataError, one_line

if TYPE_CHECKING:
    import pandas as pd

READABLE = "a pandas or polars DataFrame, an Arrow table, a NumPy array or a list of rows"


def to_frame(X: Any) -> "pd.DataFrame":
    """Return any table as a DataFrame; an array's columns are x0, x1, …; raises DataError for other types."""
    with _no_surrogates("the table"):
        return _frame(X)


def _frame(X: Any) -> "pd.DataFrame":
    import pandas as pd

    if isinstance(X, pd.Series):
        X = X.to_frame(name="text" if X.name is None else str(X.name))
    elif not isinstance(X, pd.DataFrame):
        X = _read(X)
    if not all(isinstance(column, str) for column in X.columns):
        X = X.set_axis([f"x{position}" for position in range(X.shape[1])], axis=1)
    _check_names([str(column) for column in X.columns])
    if not len(X):
        raise DataError("the table has no rows")
    return _dense(X.reset_index(drop=True))


def to_target(y: Any) -> Any:
    """Return a target as a Series or a DataFrame, a plain array unchanged, None as None; raises DataError otherwise."""
    with _no_surrogates("the target"):
        return None if y is None else _target(y)


def _target(y: Any) -> Any:
    import pandas as pd

    if not isinstance(y, (pd.Series, pd.DataFrame)):
        y = _converted(y, "the target")
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if isinstance(y, pd.Series):
        return _plain(y)
    if isinstance(y, pd.DataFrame):
        return y.apply(_plain)
    array = _array(y, "the target")
    if array.dtype.hasobject:
        "".join(value for value in array.flat if isinstance(value, str)).encode()
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


@contextlib.contextmanager
def _no_surrogates(what: str) -> Iterator[None]:
    """Raise DataError for text that pandas' strings cannot hold."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise DataError(
            f"{what} has the text {error.object[:60]!r} with a lone surrogate, which JSON cannot represent",
            hint="decode the text as UTF-8 before fitting",
        ) from error


def _read(X: Any) -> "pd.DataFrame":
    """Convert a table of another library to a DataFrame."""
    import pandas as pd

    X = _converted(X, "the table")
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame(name=str(X.name or "text"))
    if isinstance(X, Mapping) or (isinstance(X, (list, tuple)) and len(X) and isinstance(X[0], Mapping)):
        return _of_dictionaries(X)
    array = _array(X, "the table")
    if array.dtype.names:
        return pd.DataFrame({name: array[name] for name in array.dtype.names})
    if array.ndim == 1:
        return pd.DataFrame({"text": array}).infer_objects()
    if array.ndim != 2:
        raise DataError(f"the rows have {array.ndim} dimensions, expected two", hint=f"use {READABLE}")
    return pd.DataFrame(array, columns=[f"x{position}" for position in range(array.shape[1])]).infer_objects()


def _of_dictionaries(X: Any) -> "pd.DataFrame":
    import pandas as pd

    try:
        return pd.DataFrame(X)
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"the dictionaries cannot be read as a table: {error}", hint=f"use {READABLE}") from error


def _converted(value: Any, what: str) -> Any:
    """Return a pandas object where the value's library converts to pandas, otherwise the value; raises DataError."""
    import scipy.sparse

    if scipy.sparse.issparse(value):
        raise DataError(
            f"{what} is sparse ({name_of(value)}): sparse input cannot be served",
            hint="publish a Pipeline that makes the sparse matrix itself, or convert it with .toarray()",
        )
    if isinstance(value, type):
        raise DataError(f"{what} is a class ({value.__name__})", hint=f"use {READABLE}")
    try:
        if hasattr(value, "to_pandas"):
            return value.to_pandas()
        if hasattr(value, "__arrow_c_stream__"):
            import pyarrow as pa

            return pa.table(value).to_pandas()
    except Exception as error:  # another library's conversion may raise any exception
        raise DataError(
            f"{what} is a {name_of(value)}, which pandas cannot read: {one_line(error, 200)}",
            hint="convert it first: X.to_pandas()",
        ) from error
    if hasattr(value, "collect") and hasattr(value, "lazy"):
        raise DataError(f"{what} is a {name_of(value)}, which has no rows yet", hint="use X.collect()")
    if hasattr(value, "toPandas"):
        raise DataError(f"{what} is a {name_of(value)}, which Fairlead does not read", hint="use X.toPandas()")
    return value


def _array(value: Any, what: str) -> np.ndarray[Any, Any]:
    """Return rows of Python or NumPy as an array, of objects where they are not an array yet; raises DataError."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DataError(
            f"{what} is a masked array: scikit-learn reads the values under the mask",
            hint="fit and publish with X.filled(numpy.nan)",
        )
    if isinstance(value, (str, bytes, set, frozenset)) or value is None:
        raise DataError(f"{what} is a {name_of(value)}", hint=f"use {READABLE}")
    if isinstance(value, Iterator):
        raise DataError(f"{what} is a {name_of(value)}, which can be read only once", hint="use list(X)")
    _check_lengths(value, what)
    try:
        array = np.asarray(value) if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    except Exception as error:  # another library's __array__ may raise any exception
        raise DataError(f"{what} is a {name_of(value)}, which NumPy cannot read: {one_line(error, 200)}") from error
    if array.ndim == 0:
        raise DataError(f"{what} is a {name_of(value)}", hint=f"use {READABLE}")
    return array


def _check_lengths(rows: Any, what: str) -> None:
    if not isinstance(rows, (list, tuple)):
        return
    lengths = [len(row) if isinstance(row, (list, tuple, np.ndarray)) and np.ndim(row) else -1 for row in rows]
    other = next((place for place, length in enumerate(lengths) if length != lengths[0]), None)
    if other is not None and lengths[0] >= 0:
        raise DataError(
            f"{what} has rows of different lengths: row 0 has {lengths[0]} values, "
            + (f"row {other} has {lengths[other]}" if lengths[other] >= 0 else f"row {other} is a value"),
        )


def _check_names(names: list[str]) -> None:
    """Raise DataError unless names are unique, not empty, and representable in JSON."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            raise DataError(f"the table names the column {name!r} more than once")
        if not name:
            raise DataError(
                f"column {position} of the table has an empty name", hint="give it a name, and fit with that name"
            )
        if not is_unicode([name]):
            raise DataError(
                f"the column {name!r} has a lone surrogate in its name, which JSON cannot represent", hint="rename it"
            )
        seen.add(name)


def is_unicode(texts: Iterable[str]) -> bool:
    """Return whether all texts can be encoded in UTF-8: a lone surrogate cannot."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def _dense(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the frame with dense columns, plain strings as names, and Python's values for NumPy's scalar objects."""
    import pandas as pd

    names = [str(name) for name in frame.columns]
    sparse = [place for place, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.SparseDtype)]
    if sparse:
        columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
        for place in sparse:
            columns[place] = pd.Series(columns[place].sparse.to_dense())
        frame = pd.concat(columns, axis=1)
    frame = frame.set_axis(names, axis=1)
    scalars = [name for name in names if frame[name].dtype == object and _holds_scalars(frame[name])]
    return frame.assign(**{name: frame[name].map(_item).astype(object) for name in scalars}) if scalars else frame


def _holds_scalars(column: "pd.Series[Any]") -> bool:
    return any(isinstance(value, np.generic) for value in column)


def _item(value: Any) -> Any:
    """Return a NumPy scalar, such as `rng.choice` returns, as a Python value; other values unchanged."""
    return value.item() if isinstance(value, np.generic) else value


def _plain(y: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert categories, nullable and Arrow values to NumPy's types; missing values stay for the caller to refuse."""
    import pandas as pd

    if isinstance(y.dtype, pd.CategoricalDtype):
        y = y.astype(y.cat.categories.dtype) if not y.isna().any() else y.astype(object)
    if isinstance(y.dtype, pd.SparseDtype):
        y = pd.Series(y.sparse.to_dense(), name=y.name)
    if not isinstance(y.dtype, np.dtype) and not y.isna().any():
        y = pd.Series(y.to_numpy(dtype=_numpy_dtype(y.dtype)), name=y.name)
    return y.infer_objects()


def _numpy_dtype(dtype: Any) -> Any:
    from pandas.api import types

    if types.is_bool_dtype(dtype):
        return np.bool_
    if types.is_integer_dtype(dtype):
        return np.int64
    return np.float64 if types.is_float_dtype(dtype) else object


def name_of(value: Any) -> str:
    """Return the value's type as users know it: `polars.LazyFrame`, `list`."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__qualname__}"
