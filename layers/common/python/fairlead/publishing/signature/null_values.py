"""The meaning of null in each column: the missing value that the estimator was fitted on there, None or NaN.

Encoders distinguish the two, JSON does not. A column in which the model distinguishes them is refused by name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlead.engines.sklearn import missing_value
from fairlead.errors import DataError
from fairlead.model.signature import Null
from fairlead.publishing.signature.column_uses import ColumnUse
from fairlead.publishing.signature.json_values import null_of
from fairlead.publishing.signature.probe import Probe

if TYPE_CHECKING:
    import pandas as pd

SHOWN: dict[Null, str] = {"nan": "NaN", "none": "None", "na": "pandas.NA"}


def null_in(name: str, use: ColumnUse, columns: "Sequence[pd.Series[Any]]", probe: Probe) -> Null:
    """Return the meaning of null in a column of strings or objects; raises DataError where it would have two meanings.

    `columns` are the column in the held-out rows and, where given, in the training rows. The estimator's own kinds of
    missing values take precedence over those in the last table.
    """
    tables = [kinds for column in columns if (kinds := _shown(column))]
    mixed = use.nulls.union(*(kinds for kinds in tables if len(kinds) > 1))
    known = use.nulls or (tables[-1] if tables else set())
    if len(mixed) > 1 and _tells_apart(name, sorted(mixed), probe):
        raise DataError(
            f"column {name!r} has {' and '.join(SHOWN[kind] for kind in sorted(mixed))}, which the model distinguishes "
            "and JSON does not: both are null",
            hint=f"use only one of them before fitting: X[{name!r}] = X[{name!r}].where(X[{name!r}].notna(), None)",
        )
    return "nan" if not known or "nan" in known else min(known)


def _shown(column: "pd.Series[Any]") -> set[Null]:
    """Return the kinds of missing values in a column: those of its dtype, or of its objects."""
    missing = column[column.isna()]
    if missing.dtype != object:
        return {null_of(value) for value in missing.iloc[:1].astype(object)}
    return {null_of(value) for value in missing}


def _tells_apart(name: str, kinds: Sequence[Null], probe: Probe) -> bool:
    """Return whether any row's answer changes with the kind of missing value in the column."""
    answers = []
    for kind in kinds:
        frame = probe.frame.copy()
        frame[name] = np.array([missing_value(kind)] * len(frame), dtype=object)
        try:
            answers.append(probe.answer_in_full(frame))
        except Exception:  # noqa: BLE001 - a custom step may raise any exception
            return True
    return any(not np.array_equal(answers[0], other) for other in answers[1:])
