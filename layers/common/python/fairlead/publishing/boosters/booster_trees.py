"""The trees of a booster as arrays, equal for all libraries: what the converter and the boundary rows need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from fairlead.errors import ModelFileError

Array = np.ndarray[Any, Any]
Link = Literal["identity", "sigmoid", "sigmoids", "softmax", "exp"]
"""From raw scores to answers: "sigmoids" is one sigmoid for each class, without a sum of one."""


class Tree(NamedTuple):
    """One tree, arrays by node, root first. A leaf has left == -1 and adds its value to `target`.

    A row goes left where its number is at most the threshold, a missing one where `missing_left` says so. `members`
    maps a node to the set of category codes that go left there instead. `cover` is the weight of the training rows
    that reached a node, where the text has it.
    """

    feature: Array
    threshold: Array
    left: Array
    right: Array
    missing_left: Array
    values: Array
    target: int
    members: Mapping[int, list[float]] = {}
    cover: Array | None = None


@dataclass(frozen=True, slots=True)
class Boosting:
    """A booster: its trees in the order of addition, the start of each target, and the link to its answers.

    `classes` are those of a classifier whose text has them. `single` means that comparisons, sums in the order of the
    trees, and the link are in single precision; `single_rows` that only the rows are, before they are compared.
    `scale` is multiplied with the sums. `slope` is multiplied with scores before a sigmoid. `missing` is a number that
    stands for missing, `near_zero` the magnitude up to which a number is zero, `zeros_missing` the features of which
    zero is missing. `whole` are features whose numbers lose their fraction, `floored` features whose numbers become
    the integer below. `categories` has the categories of features that a pandas category was given for, in the order
    of their codes.
    """

    trees: tuple[Tree, ...]
    start: tuple[float, ...]
    link: Link
    features: int
    names: tuple[str, ...] | None = None
    classes: tuple[Any, ...] = ()
    single: bool = False
    single_rows: bool = False
    scale: float = 1.0
    slope: float = 1.0
    missing: float | None = None
    near_zero: float | None = None
    zeros_missing: bool = False
    whole: frozenset[int] = frozenset()
    floored: frozenset[int] = frozenset()
    categories: Mapping[int, Sequence[Any]] = field(default_factory=dict)


def check_tree(tree: Tree, *, features: int, targets: int) -> Tree:
    """Return the tree; raises ModelFileError for children that do not lie ahead, and unknown features and targets."""
    count = len(tree.left)
    nodes = np.arange(count)
    inner = tree.left >= 0
    lengths = {len(part) for part in tree[:6]}
    ahead = all(((side > nodes) & (side < count))[inner].all() for side in (tree.left, tree.right))
    known = bool(((tree.feature >= 0) & (tree.feature < features))[inner].all())
    if lengths != {count} or not count or not ahead or not known or not 0 <= tree.target < targets:
        raise ModelFileError("a tree of the booster is damaged", hint="fit and publish the model again")
    return tree


def no_onnx_form(library: str, part: str, use: str) -> ModelFileError:
    """Return the refusal of a model that no graph can answer for."""
    return ModelFileError(
        f"a model of {library} with {part} has no ONNX form, and only onnx serves {library}: use {use}"
    )
