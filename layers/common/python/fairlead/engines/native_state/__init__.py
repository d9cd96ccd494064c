"""Checks of state that compiled code uses without bounds checks: indices, shapes and children.

Cython and C++ read a tree's children, a matrix's indices and a support vector machine's counts unchecked. A damaged or
crafted state makes them read other memory, walk in circles or end the process. `check` looks at plain state, before a
native object is made of it or an attribute reaches native code. It judges safety only, never whether a model is good.

The state of a Python object is its attributes. Parts inside it are objects that were checked before, innermost first.
The state of a compiled object has the names of its constructor's arguments and of its pickled state:

| class | state |
|---|---|
| `Tree` | `n_features`, `n_classes`, `n_outputs`, `max_depth`, `node_count`, `nodes`, `values` |
| `KDTree`, `BallTree` | `KD_STATE`, in the order of its pickled state |
| a distance metric | `p`, `vec`, `mat` |

`state_of` reads this state from a live object.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.engines.native_state import (
    boosters,
    clusters,
    encoders,
    forests,
    histograms,
    neighbors,
    sparse,
    splines,
    svm,
    trees,
)
from fairlead.engines.native_state.bounds import check_bounds
from fairlead.engines.native_state.neighbors import KD_STATE
from fairlead.engines.native_state.state import State

__all__ = ["KD_STATE", "check", "state_of"]

CHECKS: dict[str, Callable[[State], None]] = {
    **boosters.CHECKS,
    **clusters.CHECKS,
    **encoders.CHECKS,
    **forests.CHECKS,
    **histograms.CHECKS,
    **neighbors.CHECKS,
    **sparse.CHECKS,
    **splines.CHECKS,
    **svm.CHECKS,
    **trees.CHECKS,
}
"""By full class name: module and name, as scikit-learn and SciPy define it."""


def check(class_name: str, state: Mapping[str, object]) -> None:
    """Raise ModelFileError, naming class and place, for state that native code cannot follow safely."""
    read = State(class_name, state)
    check_bounds(read)
    rule = CHECKS.get(class_name)
    if rule is not None:
        rule(read)


def state_of(part: Any) -> Mapping[str, object] | None:
    """Return the state of a live object that `check` knows, None for a value without attributes."""
    kind = type(part)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in trees.COMPILED:
        return trees.tree_state(part)
    if name in neighbors.COMPILED:
        return dict(zip(KD_STATE, part.__getstate__(), strict=True))
    if kind.__module__ == neighbors.METRICS:
        return neighbors.metric_state(part)
    return getattr(part, "__dict__", None)
