"""Interpret inert objects: the values, arrays and objects that Python, numpy and Cython pickle as calls."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.engines.estimator_data.arrays import make_dtype
from fairlead.engines.estimator_data.shapes import state_names
from fairlead.publishing.estimator_files import booster_pickles
from fairlead.publishing.estimator_files.booster_pickles import pickled_bytes
from fairlead.publishing.estimator_files.inert_unpickler import InertObject, MalformedError, dtype_code, shape_of

CURVE_SCORER = "sklearn.metrics._scorer._CurveScorer"
SPLINE = "scipy.interpolate._bsplines.BSpline"
POSITIVE_IS_ONE = frozenset({"f1_score", "fbeta_score", "jaccard_score", "precision_score", "recall_score"})
"""Metrics whose default positive label is 1."""

ArrayParts = tuple[str, tuple[int, ...], bool, Any]
"""Code of the dtype, shape, whether in Fortran order, and content: bytes, for code "O" a list in C order."""


def _one(inert: InertObject) -> Any:
    if len(inert.arguments) != 1:
        raise MalformedError(f"{inert.by} of {len(inert.arguments)} values")
    return inert.arguments[0]


def _collection(inert: InertObject, kind: Callable[[Any], Any]) -> Any:
    """Return the set or frozenset that a call makes of a list, as protocols below 4 write it."""
    given = _one(inert) if inert.arguments else []
    if type(given) is not list:
        raise MalformedError(f"{inert.by} of something that is not a list")
    return kind([*given, *inert.items])


def scalar(inert: InertObject) -> tuple[str, bytes]:
    """Return dtype and bytes of a numpy scalar."""
    if len(inert.arguments) != 2:
        raise MalformedError("a scalar without its value")
    return dtype_code(inert.arguments[0]), pickled_bytes(inert.arguments[1])


def _reconstructed(inert: InertObject) -> ArrayParts:
    """Return the parts of an array that a call makes empty and a state fills with shape, dtype and content."""
    kind, state = inert.arguments[:1], inert.state
    if not kind or getattr(kind[0], "by", "") not in ("numpy.ndarray", "numpy.memmap", "numpy.matrix"):
        raise MalformedError("an array of an unknown class")
    if type(state) is not tuple or len(state) != 5:
        raise MalformedError("an array with a malformed state")
    _, shape, dtype, fortran, content = state
    return _checked(dtype_code(dtype), shape_of(shape), bool(fortran), content)


def _from_buffer(inert: InertObject) -> ArrayParts:
    if len(inert.arguments) == 5:
        return _transposed(*inert.arguments)
    if len(inert.arguments) != 4:
        raise MalformedError("an array with a malformed buffer")
    content, dtype, shape, order = inert.arguments
    return _checked(dtype_code(dtype), shape_of(shape), order == "F", content)


def _transposed(content: Any, dtype: Any, shape: Any, order: Any, axes: Any) -> ArrayParts:
    """Return the parts, in C order, of an array whose axes lie in memory in another order."""
    shape, content = shape_of(shape), pickled_bytes(content)
    if order != "K" or type(axes) is not tuple or sorted(map(str, axes)) != sorted(map(str, range(len(shape)))):
        raise MalformedError("an array with a malformed buffer")
    code, shape, _, content = _checked(dtype_code(dtype), shape, False, content)
    array = np.frombuffer(content, make_dtype(code)).reshape(shape).transpose([int(axis) for axis in axes])
    return code, array.shape, False, array.tobytes()


def _behind_wrapper(inert: InertObject) -> ArrayParts:
    """Return the parts of an array in joblib's wrapper, which the unpickler has read already."""
    array = _one(inert)
    if not isinstance(array, np.ndarray):
        if isinstance(array, InertObject) and array.by in ARRAYS:
            return ARRAYS[array.by](array)
        raise MalformedError("an array of objects that is not an array")
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    content = array.tobytes(order="F" if fortran else "C")
    return _checked(code_of(array.dtype), array.shape, fortran, content)


def _checked(code: str, shape: tuple[int, ...], fortran: bool, content: Any) -> ArrayParts:
    """Return an array's parts; raises MalformedError where its content does not fit its shape."""
    if code == "O":
        if type(content) is not list or len(content) != math.prod(shape):
            raise MalformedError("an array of objects whose shape does not fit")
        return code, shape, False, content
    content, dtype = pickled_bytes(content), make_dtype(code)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise MalformedError("an array whose bytes do not fit its shape")
    return code, shape, fortran, _without_padding(np.frombuffer(content, dtype)) if dtype.names else content


def _without_padding(records: np.ndarray[Any, Any]) -> bytes:
    """Return the bytes of records with zeros between their fields: padding may hold memory of the fitting process."""
    clean = np.frombuffer(bytearray(records.nbytes), records.dtype)
    for name in records.dtype.names or ():
        clean[name] = records[name]
    return clean.tobytes()


def code_of(dtype: np.dtype[Any]) -> str:
    """Return a dtype's code, as `make_dtype` reads it."""
    if dtype.fields is None:
        return "<" + dtype.str[1:]
    members = [f"{name} <{member[0].str[1:]} {member[1]}" for name, member in dtype.fields.items()]
    return f"{dtype.itemsize}|" + "|".join(members)


PLAIN: dict[str, Callable[[InertObject], Any]] = {
    "builtins.set": lambda inert: _collection(inert, set),
    "builtins.frozenset": lambda inert: _collection(inert, set),
    "collections.OrderedDict": lambda inert: dict(inert.pairs),
    "sklearn.compose._column_transformer._RemainderColsList": lambda inert: inert.state["data"],  # before 1.7
}
ARRAYS: dict[str, Callable[[InertObject], ArrayParts]] = {
    "array": _behind_wrapper,
    booster_pickles.ARRAY: booster_pickles.array_parts,
    "numpy._core.multiarray._reconstruct": _reconstructed,
    "numpy._core.numeric._frombuffer": _from_buffer,
}


def class_and_state(inert: InertObject) -> tuple[str, tuple[Any, ...], Any]:
    """Return an object's class name, arguments and state, for each way in which classes are pickled."""
    name, arguments = inert.by, inert.arguments
    last = name.rpartition(".")[2]
    if name == "copyreg._reconstructor" and len(arguments) == 3:  # protocols 0 and 1 make every object this way
        kind, _, base = arguments
        inert.pairs.extend(base.items() if type(base) is dict else ())
        name, arguments = _name(kind), ()
    elif (last == "newObj" or last.startswith("__pyx_unpickle_")) and arguments:
        name, arguments = _name(arguments[0]), ()
    if name in REDUCED:
        name, state = REDUCED[name](inert)
        return name, (), state
    return name, arguments, inert.state


def _partial(inert: InertObject) -> tuple[str, Any]:
    """Return a partial as its function's name and keyword arguments, such as histogram boosting's `check_array`."""
    state = inert.state
    if type(state) is not tuple or len(state) != 4 or state[1] != () or type(state[2]) is not dict:
        raise MalformedError("a functools.partial with positional arguments")
    return _name(state[0]), state[2]


def _curve_scorer(inert: InertObject) -> tuple[str, Any]:
    """Return the positive label of a curve scorer, the only part that a tuned threshold uses; some metrics set 1."""
    state = inert.state
    kwargs = state.get("_kwargs") if type(state) is dict else None
    if type(kwargs) is not dict:
        raise MalformedError("a scorer with a malformed state")
    metric = getattr(state.get("_score_func"), "by", "").rpartition(".")[2]
    return CURVE_SCORER, {"pos_label": kwargs.get("pos_label", 1 if metric in POSITIVE_IS_ONE else None)}


def _random_state(inert: InertObject) -> Any:
    """Return the state of a random generator: its own, or that of its bit generator."""
    state = inert.state
    if state is None and inert.arguments and isinstance(inert.arguments[0], InertObject):
        state = inert.arguments[0].state
    return {"state": state[0] if type(state) is tuple and state else state}


def _boosting_start(inert: InertObject) -> tuple[str, Any]:
    """Return the estimator behind the check of a boosting's first answers."""
    name, _, state = class_and_state(inert.state["estimator"])
    return name, state


def _spline(inert: InertObject) -> tuple[str, Any]:
    """Return a spline's state, which newer scipy keeps in an inner object."""
    inner = inert.state[0] if type(inert.state) is tuple and inert.state else None
    return SPLINE, inner.state if isinstance(inner, InertObject) else inert.state


REDUCED: dict[str, Callable[[InertObject], tuple[str, Any]]] = {
    **booster_pickles.REDUCED,
    "functools.partial": _partial,
    "numpy.random._pickle.__generator_ctor": lambda inert: ("numpy.random.Generator", _random_state(inert)),
    "numpy.random._pickle.__randomstate_ctor": lambda inert: ("numpy.random.RandomState", _random_state(inert)),
    SPLINE: _spline,
    CURVE_SCORER: _curve_scorer,
    "fairlead.engines.estimator_data.builders.BoostingStart": _boosting_start,
    "fairlead.engines.estimator_data.builders.PositiveLabel": lambda inert: (
        CURVE_SCORER,
        {"pos_label": (inert.state or {}).get("_label")},
    ),
}
"""Callables whose pickles differ from the data form: class name and attributes of each."""


def _name(stand_in: Any) -> str:
    if isinstance(stand_in, type) and issubclass(stand_in, InertObject):
        return stand_in.by
    raise MalformedError("an object whose class is not a name")


def attributes(name: str, state: Any) -> dict[str, Any]:
    """Return a state as attributes: a dictionary, `(None, slots)`, or a tuple whose members have names."""
    members = state_names(name)
    if members and type(state) is tuple and len(state) <= len(members):
        return dict(zip(members, state, strict=False))
    if type(state) is tuple and len(state) == 2 and all(part is None or type(part) is dict for part in state):
        state = {**(state[0] or {}), **(state[1] or {})}
    if not state:
        return {}
    if type(state) is not dict or not all(type(key) is str for key in state):
        raise MalformedError(f"a {name} with a malformed state")
    return state
