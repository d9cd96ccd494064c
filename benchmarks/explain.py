"""Measures exact reasons of forests in CPU milliseconds a row, alone and in a batch, by the leaves of the forest."""

import time
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

from benchmarks.options import parser
from fairlead.engines.explanation.tree_shapley import TreeShapley
from fairlead.publishing.explain.tree_arrays import trees_of

COLUMNS, TREES = 30, 100
SIZES = ((2_000, 11, 22), (30_000, 12, None))
"""Training rows, depth and leaves of a tree: about 2,000 and 70,000 leaves in 100 trees."""
BATCH = 20
AIMS = "aims: ≤ 1 ms a row at 2,000 leaves, ≤ 50 ms at 70,000"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line a forest: the best of several rounds."""
    smallest = parser(__doc__).parse_args(arguments).smallest
    print(f"{AIMS}\n\n| leaves | opening, s | one row, ms | a row of {BATCH}, ms |\n|--:|--:|--:|--:|")
    for rows, depth, leaves in ((200, 3, 8),) if smallest else SIZES:
        X, y = make_classification(rows, COLUMNS, n_informative=15, flip_y=0.2, random_state=0)
        forest = RandomForestClassifier(
            TREES, max_depth=depth, max_leaf_nodes=leaves, max_samples=min(rows, 12_000), random_state=0
        ).fit(X, y)
        trees = trees_of(forest)
        assert trees is not None
        started = time.process_time()
        values = TreeShapley(trees, COLUMNS)
        values.explain(X[:1], np.zeros(1, dtype=np.intp))
        opening = time.process_time() - started
        one, batch = (_best(values, X[:count], 1 if smallest else 5) * 1000 for count in (1, BATCH))
        print(f"| {trees.values.shape[0]:,} | {opening:.2f} | {one:.2f} | {batch:.2f} |", flush=True)


def _best(values: TreeShapley, rows: np.ndarray, rounds: int) -> float:
    """Return the least CPU seconds a row."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        values.explain(rows, np.zeros(len(rows), dtype=np.intp))
        taken.append((time.process_time() - started) / len(rows))
    return min(taken)


if __name__ == "__main__":
    main()
