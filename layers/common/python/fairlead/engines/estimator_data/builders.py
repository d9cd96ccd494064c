"""How objects of known classes are made from checked attributes: never by unpickling."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from fairlead.engines.estimator_data.shapes import ARGUMENTS, Shape, state_names
from fairlead.errors import ModelFileError

Attributes = Mapping[str, Any]


def build(shape: Shape, attributes: Attributes) -> Any:
    """Make an object of a known class; raises ModelFileError for attributes that its class refuses."""
    make = MAKERS.get(shape.name) or FAMILY_MAKERS.get(shape.word, _plain)
    try:
        return make(shape, attributes)
    except ModelFileError:
        raise
    except Exception as error:  # constructors of compiled classes raise anything
        raise ModelFileError(f"a damaged {shape.word}: {' '.join(str(error).split())[:200]}") from error


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
    """What `TunedThresholdClassifierCV.predict` asks its scorer for; the scorer itself is never rebuilt."""

    def __init__(self, label: Any) -> None:
        self._label = label

    def _get_pos_label(self) -> Any:
        return self._label


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
