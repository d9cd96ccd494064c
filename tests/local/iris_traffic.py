"""Rows of real flowers, each a little different, from a distribution that can change."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

X, Y = load_iris(return_X_y=True, as_frame=True)
ALL, SMALL, LATE = np.ones(150, bool), (X["petal length (cm)"] < 4.7).to_numpy(), (Y > 0).to_numpy()
"""The flowers: all, those with small petals, the two late species."""

GROWN, OVERGROWN = 1.15, 1.35
"""The factor by which every size of a flower grew."""

Table = tuple[pd.DataFrame, list[int]]
"""Measures, and the species."""


class Field:
    """Draws flowers at random and measures each again with a small error."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def picked(self, count: int, which: Any = ALL, *, grown: float = 1.0) -> Table:
        places = self._rng.choice(np.flatnonzero(which), count)
        measured = X.iloc[places] * grown + self._rng.normal(0, 0.08, (count, 4))
        return measured.clip(lower=0.05).round(2).reset_index(drop=True), [int(one) for one in Y.iloc[places]]
