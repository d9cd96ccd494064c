"""Checks of state that compiled code follows without a look: indices in range, shapes that agree, children without cycles.

`check` is called with plain state before any native object is built, wherever the object sits in an estimator.
`class_name` is the class's own dotted name (`sklearn.tree._tree.Tree`). `state` maps names to plain values and arrays:

- estimators and other Python classes: the attributes, as `vars()` has them (sparse matrices and arrays, SVMs, histogram
  predictors, B-splines …); members that are objects are built already, and were checked before;
- `Tree`: its `__getstate__`, with the constructor's `n_features`, `n_classes` and `n_outputs`;
- KD and ball trees: `data`, `idx_array`, `node_data`, `node_bounds`, `leaf_size`, `n_levels`, `n_nodes`, `n_trims`,
  `n_leaves`, `n_splits`, `n_calls`, `dist_metric`, `sample_weight`.
"""

from collections.abc import Mapping


def check(class_name: str, state: Mapping[str, object]) -> None:
    """Raise ModelFileError, naming class and attribute, where native code would leave its arrays or never end."""
