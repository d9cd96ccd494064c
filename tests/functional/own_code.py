"""A publisher's package on disk, models of its classes, and the tables that they were fitted on."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

NAME = "churn_features"
INIT = '"""Features of churn."""\n'
LIMITS = "LOW, HIGH = -2.0, 2.0\n"
CLIP = '''
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from churn_features import limits


class Clip(TransformerMixin, BaseEstimator):
    """Clips to learnt quantiles."""

    def __init__(self, share=0.05):
        self.share = share

    def fit(self, X, y=None):
        X = np.asarray(X)
        self.n_features_in_ = X.shape[1]
        self.low_, self.high_ = np.quantile(X, [self.share, 1 - self.share], axis=0)
        return self

    def transform(self, X):
        from churn_features.limits import HIGH  # imported when it is called
        return np.clip(np.asarray(X, dtype=float), np.maximum(self.low_, limits.LOW), np.minimum(self.high_, HIGH))


def doubled(X):
    return np.asarray(X) * 2
'''
CONVERTER = """
    def fairlead_onnx(self, graph, matrix):
        low = np.maximum(self.low_, limits.LOW)[None, :]
        high = np.minimum(self.high_, limits.HIGH)[None, :]
        return graph.add("Min", graph.add("Max", matrix, low), high)
"""


def write(folder: Path, *, converter: bool = False, **changed: str) -> Path:
    """Write the package below a folder; `changed` replaces the source of a module."""
    made = folder / NAME
    made.mkdir(exist_ok=True)
    clip = CLIP.replace("\n\ndef doubled", f"{CONVERTER}\n\ndef doubled") if converter else CLIP
    for module, source in {"__init__": INIT, "limits": LIMITS, "clip": clip, **changed}.items():
        (made / f"{module}.py").write_text(source)
    return made


def table(rows: int = 900, seed: int = 0) -> pd.DataFrame:
    drawn = np.random.default_rng(seed)
    X = pd.DataFrame(drawn.normal(size=(rows, 3)), columns=["age", "calls", "bill"])
    noise = drawn.normal(scale=0.5, size=rows)
    return X.assign(churned=(X.age.clip(-1, 1) + X.calls.clip(-1, 1) + noise > 0).astype(int))


@contextmanager
def imported(folder: Path) -> Iterator[Any]:
    """Import the package's module `clip` from disk, as a training program does, and remove it afterwards."""
    sys.path.insert(0, str(folder.parent))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(f"{NAME}.clip")
    finally:
        sys.path.remove(str(folder.parent))
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]


def fitted(module: Any, rows: pd.DataFrame) -> Pipeline:
    """A pipeline with a class and a function of the package."""
    model = make_pipeline(module.Clip(), FunctionTransformer(module.doubled), LogisticRegression())
    return model.fit(rows.drop(columns="churned"), rows.churned)


def clipped(module: Any, rows: pd.DataFrame) -> Pipeline:
    """A pipeline with the class alone."""
    return make_pipeline(module.Clip(), LogisticRegression()).fit(rows.drop(columns="churned"), rows.churned)
