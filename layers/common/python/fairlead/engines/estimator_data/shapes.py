"""The classes that an estimator may consist of, with their attributes and types: `shapes.txt`, read once.

A line is a class (below `sklearn.` unless it begins with a dot; `{A,B}` names several) and its attributes by type:
`numbers` (numbers, arrays of them, lists), `values` (also text, dictionaries), `parts` (also estimators), or a class's
word, joined by `+`. Constructor parameters need no line. An attribute that is not listed is refused.
"""

import contextlib
import importlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.engines.native_state import KD_STATE

NUMBERS = frozenset({"none", "number", "array", "list"})
VALUES = NUMBERS | {"str", "objects", "dict", "set", "slice", "dtype"}
PARTS = VALUES | {"estimator"}
PARAMETER = PARTS | {
    "named",
    "generator",
    "kernel",
    "splitter",
    "make_column_selector",
    "check_array",
    "sparse",
    "distance",
}
ONE_ARGUMENT = frozenset({"func", "inverse_func", "pooling_func", "strategy", "weights"})
"""Parameters whose function gets one array: another one it would write into, as numpy's second or third argument."""
GROUPS = {"numbers": NUMBERS, "values": VALUES, "parts": PARTS}
COMMON = {
    "n_features_in_": frozenset({"number"}),
    "_n_features_out": frozenset({"number"}),
    "feature_names_in_": frozenset({"objects", "str", "array"}),
    "_sklearn_version": frozenset({"str"}),
    "_sklearn_output_config": frozenset({"dict", "str", "none"}),
    "_metadata_request": frozenset(),
}
FAMILIES = (
    ("numpy.random.", "generator"),
    ("scipy.sparse.", "sparse"),
    ("sklearn._loss.loss.", "loss"),
    ("sklearn._loss._loss.", "compiled loss"),
    ("sklearn._loss.link.", "link"),
    ("sklearn.gaussian_process.kernels.", "kernel"),
    ("sklearn.metrics._dist_metrics.", "distance"),
    ("sklearn.model_selection._split.", "splitter"),
    ("sklearn.neighbors._kd_tree.", "space tree"),
    ("sklearn.neighbors._ball_tree.", "space tree"),
)
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "builtins.slice": ("start", "stop", "step"),
    "sklearn._loss._loss.CyHalfTweedieLoss": ("power",),
    "sklearn._loss._loss.CyHalfTweedieLossIdentity": ("power",),
    "sklearn._loss._loss.CyHuberLoss": ("delta",),
    "sklearn._loss._loss.CyPinballLoss": ("quantile",),
    "sklearn.impute._iterative._ImputerTriplet": ("feat_idx", "neighbor_feat_idx", "estimator"),
    "sklearn.tree._tree.Tree": ("n_features", "n_classes", "n_outputs"),
}
"""Names of the arguments that make an object of a class, in order."""


class Shape(NamedTuple):
    """A known class: its path, the words that each attribute may hold, and its own word."""

    name: str
    attributes: Mapping[str, frozenset[str]]
    parameters: frozenset[str]
    word: str

    @property
    def kind(self) -> Any:
        """The class itself, imported by its name in the table."""
        return _class(self.name)

    def allowed(self, attribute: str) -> frozenset[str] | None:
        """Return the words that an attribute may hold; None for an attribute that the class does not have."""
        if attribute in self.attributes:
            return self.attributes[attribute]
        if attribute in self.parameters:
            return PARAMETER | ({"numpy function"} if attribute in ONE_ARGUMENT else frozenset())
        if self.word == "Bunch":
            return PARTS
        return COMMON.get(attribute) if self.word == "estimator" else None


def is_class(name: str) -> bool:
    """Whether a name is a known class, and one of this version of scikit-learn."""
    return name in _lines() and _class(name) is not None


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of a known class; raises KeyError for any other."""
    attributes: dict[str, frozenset[str]] = {}
    for group in _lines()[name]:
        words, _, names = group.partition("=")
        attributes |= dict.fromkeys(names.split(","), _words(words))
    return Shape(name, attributes, _parameters(_class(name)), _word(name))


def state_names(name: str) -> tuple[str, ...]:
    """Return the names of the members of a class's state, where that is a tuple."""
    family = _family(name)
    return KD_STATE if family == "space tree" else ("p", "vec", "mat") if family == "distance" else ()


def import_all() -> None:
    """Import every known class."""
    for name in _lines():
        if is_class(name):
            shape_of(name)


def _words(group: str) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for word in group.split("+"):
        found |= GROUPS.get(word, frozenset({word.replace("-", " "), "list", "none"}))
    return found


def _parameters(kind: Any) -> frozenset[str]:
    names = getattr(kind, "_get_param_names", None)
    return frozenset(names()) if names is not None else frozenset()


def _family(name: str) -> str:
    return next((word for prefix, word in FAMILIES if name.startswith(prefix)), "")


def _word(name: str) -> str:
    from sklearn.base import BaseEstimator

    kind = _class(name)
    if isinstance(kind, type) and issubclass(kind, BaseEstimator):
        return "estimator"
    return _family(name) or name.rpartition(".")[2]


@cache
def _class(name: str) -> Any:
    module, _, last = name.rpartition(".")
    with contextlib.suppress(ImportError):  # other versions of scikit-learn have fewer
        return getattr(importlib.import_module(module), last, None)
    return None


@cache
def _lines() -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("shapes.txt").read_text(encoding="ascii").splitlines():
        name, *groups = line.split()
        before, inside, after = re.fullmatch(r"([^{]*)(?:{(.*)})?(.*)", name).groups()  # type: ignore[union-attr]
        for one in (inside or "").split(","):
            path = before + one + after
            lines[path[1:] if path.startswith(".") else "sklearn." + path] = groups
    return lines
