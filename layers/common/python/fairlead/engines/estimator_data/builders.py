"""Makes objects of known classes from checked attributes, without loading a pickle."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from fairlead.engines.estimator_data.shapes import ARGUMENTS, Shape, state_names
from fairlead.errors import ModelFileError, one_line

Attributes = Mapping[str, Any]


def build(shape: Shape, attributes: Attributes) -> Any:
    """Make an object of a known class; raises ModelFileError for attributes that its class refuses."""
    make = MAKERS.get(shape.name) or FAMILY_MAKERS.get(shape.word, _plain)
    try:
        return make(shape, attributes)
    except ModelFileError:
        raise
    except Exception as error:  # constructors of compiled classes raise anything
        raise ModelFileError(f"a damaged {shape.word}: {one_line(error, 200)}") from error


def _plain(shape: Shape, attributes: Attributes) -> Any:
    made = object.__new__(shape.kind)
    vars(made).update(attributes)
    return made


def _called(shape: Shape, attributes: Attributes) -> Any:
    return shape.kind(*(attributes[name] for name in ARGUMENTS.get(shape.name, ())))


def _tree(shape: Shape, attributes: Attributes) -> Any:
    made = _called(shape, attributes)
    made.__setstate__({key: value for key, value in attributes.items() if key not in ARGUMENTS[shape.name]})
    return made


def _compiled(shape: Shape, attributes: Attributes) -> Any:
    """KD trees, ball trees and distances take their state as a tuple."""
    made = shape.kind.__new__(shape.kind)
    names = state_names(shape.name)
    made.__setstate__(tuple(attributes[name] for name in names if name in attributes))
    return made


def _with_setstate(shape: Shape, attributes: Attributes) -> Any:
    made = object.__new__(shape.kind)
    made.__setstate__(dict(attributes))
    return made


def _bunch(shape: Shape, attributes: Attributes) -> Any:
    return shape.kind(**{name: value for name, value in attributes.items() if name != "_deprecated_key_to_warnings"})


def _partial(shape: Shape, attributes: Attributes) -> Any:
    return partial(shape.kind, **attributes)


class PositiveLabel:
    """The scorer's member that `TunedThresholdClassifierCV.predict` reads; the scorer itself is never rebuilt."""

    def __init__(self, label: Any) -> None:
        self._label = label

    def _get_pos_label(self) -> Any:
        return self._label


class BoostingStart:
    """An estimator that gradient boosting starts from: trees add to its answers by row and column without looking."""

    def __init__(self, estimator: Any, columns: int) -> None:
        self.estimator, self.columns = estimator, columns

    def predict(self, X: Any) -> Any:
        """Answer one number for each row."""
        return _shaped(self.estimator.predict(X), {(X.shape[0],), (X.shape[0], 1)})

    def predict_proba(self, X: Any) -> Any:
        """Answer one number for each row and class."""
        return _shaped(self.estimator.predict_proba(X), {(X.shape[0], max(self.columns, 2))})


def _shaped(answers: Any, shapes: set[tuple[int, ...]]) -> Any:
    if type(answers) is not np.ndarray or answers.shape not in shapes:
        raise ValueError("the estimator that this boosting starts from does not answer row by row")
    return answers


def _boosting(shape: Shape, attributes: Attributes) -> Any:
    made = _plain(shape, attributes)
    start = attributes.get("init_")
    if hasattr(start, "predict") and type(start).__name__ not in ("DummyClassifier", "DummyRegressor"):
        made.init_ = BoostingStart(start, attributes["n_trees_per_iteration_"])
    return made


def _spline(shape: Shape, attributes: Attributes) -> Any:
    names = ("t", "c", "k", "extrapolate", "axis")
    return shape.kind.construct_fast(*(attributes[name] for name in names))


BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def _generator(shape: Shape, attributes: Attributes) -> Any:
    state = attributes["state"]
    name = state["bit_generator"]
    if name not in BIT_GENERATORS:
        raise ModelFileError(f"a generator of {name!r}"[:80])
    inner = state["state"]
    if "pos" in inner and not 0 <= inner["pos"] <= len(inner["key"]) == 624:
        raise ModelFileError("a damaged random generator")
    bits = getattr(np.random, name)(0)
    if shape.name == "numpy.random.Generator":
        bits.state = state
        return np.random.Generator(bits)
    made = np.random.RandomState(bits)
    made.set_state(state)
    return made


Maker = Callable[[Shape, Attributes], Any]
MAKERS: dict[str, Maker] = {
    "builtins.slice": _called,
    "scipy.interpolate._bsplines.BSpline": _spline,
    "sklearn.ensemble._gb.GradientBoostingClassifier": _boosting,
    "sklearn.ensemble._gb.GradientBoostingRegressor": _boosting,
    "sklearn.impute._iterative._ImputerTriplet": _called,
    "sklearn.isotonic.IsotonicRegression": _with_setstate,
    "sklearn.metrics._scorer._CurveScorer": lambda _, attributes: PositiveLabel(attributes["pos_label"]),
    "sklearn.tree._tree.Tree": _tree,
    "sklearn.utils._bunch.Bunch": _bunch,
    "sklearn.utils.validation.check_array": _partial,
}
FAMILY_MAKERS: dict[str, Maker] = {
    "compiled loss": _called,
    "distance": _compiled,
    "generator": _generator,
    "space tree": _compiled,
}
