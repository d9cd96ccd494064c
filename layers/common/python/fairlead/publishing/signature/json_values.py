"""Convert single values to JSON's types, and recognise missing ones."""

from typing import Any

import numpy as np

from fairlead.model.signature import Null


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pandas' NA."""
    import pandas as pd

    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return value is None or value is pd.NA or value is pd.NaT


def null_of(value: Any) -> Null:
    """Return the kind of a missing value."""
    import pandas as pd

    if value is pd.NA:
        return "na"
    return "none" if value is None else "nan"


def plain(value: Any) -> Any:
    """Return a numpy scalar as a Python value; whole floats become integers, because 3.0 and 3 are one category."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value
