"""Small tables of every kind that an estimator may be fitted on."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

ROWS = 48


class Table(NamedTuple):
    """Rows and targets; `weighted` rows count by weights."""

    X: Any
    y: Any = None
    weighted: bool = False


rng = np.random.default_rng(0)
X = rng.normal(size=(ROWS, 4))
COUNTS = rng.integers(0, 5, (ROWS, 4)).astype(float)
FRAME = pd.DataFrame(X, columns=list("abcd"))
HOLED = FRAME.mask(rng.random(X.shape) < 0.1)
CODES = pd.DataFrame({"a": FRAME["a"], "c": pd.Categorical(rng.choice(["x", "y", "z"], ROWS))})
WORDS = pd.DataFrame(
    {"c": rng.choice(["x", "y", "z", "rare"], ROWS, p=[0.4, 0.3, 0.25, 0.05]), "d": ["u", "v"] * (ROWS // 2)}
)
SPARSE = sp.csr_matrix(np.where(X > 0, X, 0))
TEXTS = ["a good bird", "a bad bird", "no bird at all"] * (ROWS // 3)
PAIRS = [{"colour": word, "size": index % 3} for index, word in enumerate(["red", "green"] * (ROWS // 2))]
TWO = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.arange(ROWS) % 3
NAMES = np.array(["no", "yes"])[TWO]
VALUES = X[:, 0] + X[:, 1] ** 2
DISTANCES = np.abs(X[:, :1] - X[:, :1].T)

TABLES: dict[str, Table] = {
    "numbers, two classes": Table(X, TWO),
    "numbers, three classes": Table(X, THREE),
    "numbers, names": Table(FRAME, NAMES),
    "numbers, truth": Table(X, TWO.astype(bool)),
    "numbers, two outputs of classes": Table(X, np.c_[TWO, THREE]),
    "numbers, named outputs": Table(X, np.c_[NAMES, NAMES[::-1]].astype(object)),
    "numbers, labels": Table(X, np.c_[TWO, 1 - TWO, TWO]),
    "numbers, one class": Table(X, np.zeros(ROWS, int)),
    "numbers, some unlabelled": Table(X, np.where(np.arange(ROWS) % 4, TWO, -1)),
    "numbers, values": Table(FRAME, VALUES),
    "numbers, positive values": Table(X, np.exp(VALUES)),
    "numbers, two outputs": Table(X, np.c_[VALUES, -VALUES]),
    "numbers, one column of values": Table(X, VALUES[:, None]),
    "single precision": Table(X.astype(np.float32), VALUES.astype(np.float32)),
    "single precision, classes": Table(X.astype(np.float32), TWO),
    "weighted classes": Table(X, TWO, weighted=True),
    "weighted values": Table(X, VALUES, weighted=True),
    "one column": Table(X[:, 0], VALUES),
    "one column of rows": Table(X[:, :1], VALUES),
    "nothing to learn": Table(X),
    "holes, classes": Table(HOLED, TWO),
    "holes, values": Table(HOLED, VALUES),
    "holes, rare class": Table(np.where(np.isnan(HOLED.to_numpy()), -1, COUNTS), TWO),
    "counts": Table(COUNTS, TWO),
    "counts, three classes": Table(COUNTS.astype(int), THREE),
    "counts, values": Table(COUNTS, VALUES),
    "categories, classes": Table(CODES, THREE),
    "categories, values": Table(CODES, VALUES),
    "words": Table(WORDS, TWO),
    "words, three classes": Table(WORDS, NAMES),
    "words, values": Table(WORDS, VALUES),
    "words with holes": Table(WORDS.mask(rng.random(WORDS.shape) < 0.1), TWO),
    "one column of words": Table(WORDS["c"].to_numpy()),
    "texts": Table(TEXTS, TWO),
    "dictionaries": Table(PAIRS, TWO),
    "sparse, classes": Table(SPARSE, TWO),
    "sparse, three classes": Table(SPARSE, THREE),
    "sparse, values": Table(SPARSE, VALUES),
    "sparse arrays by column": Table(sp.csc_array(SPARSE), TWO),
    "distances, classes": Table(DISTANCES, TWO),
    "distances, values": Table(DISTANCES, VALUES),
    "two places": Table(rng.uniform(-1, 1, (ROWS, 2)), TWO),
    "pictures": Table(rng.normal(size=(4, 8, 8))),
}
PLAIN = frozenset(
    [
        *(
            "numbers, two classes",
            "numbers, three classes",
            "numbers, names",
            "numbers, values",
            "numbers, two outputs",
        ),
        *("numbers, some unlabelled", "holes, classes", "counts", "categories, classes", "categories, values", "words"),
        *("words with holes", "texts", "dictionaries", "sparse, classes", "sparse, values", "distances, classes"),
        *("two places", "pictures", "numbers, positive values"),
    ]
)
"""Tables that are tried with every alternative; the others with defaults alone."""
