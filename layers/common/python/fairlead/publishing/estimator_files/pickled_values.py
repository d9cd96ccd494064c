"""How Python, numpy and Cython pickle values and objects: facts → what they stand for."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fairlead.engines.estimator_data.arrays import make_dtype
from fairlead.engines.estimator_data.shapes import state_names
from fairlead.publishing.estimator_files.inert_unpickler import InertObject, MalformedError, dtype_code, shape_of

CURVE_SCORER = "sklearn.metrics._scorer._CurveScorer"
SPLINE = "scipy.interpolate._bsplines.BSpline"
POSITIVE_IS_ONE = frozenset({"f1_score", "fbeta_score", "jaccard_score", "precision_score", "recall_score"})
"""Metrics whose positive label is 1 where nobody says otherwise."""

ArrayParts = tuple[str, tuple[int, ...], bool, Any]
"""Code of the dtype, shape, whether in Fortran's order, and bytes; a list in C order where the code is "O"."""


def _one(fact: InertObject) -> Any:
    if len(fact.arguments) != 1:
        raise MalformedError(f"{fact.by} of {len(fact.arguments)} values")
    return fact.arguments[0]


def _collection(fact: InertObject, kind: Callable[[Any], Any]) -> Any:
    """Protocols below 4 make sets by a call with a list."""
    given = _one(fact) if fact.arguments else []
    if type(given) is not list:
        raise MalformedError(f"{fact.by} of something that is no list")
    return kind([*given, *fact.items])


def data(value: Any) -> bytes:
    """Return bytes, which protocols below 3 write as a call that encodes text."""
    if isinstance(value, InertObject) and value.by == "_codecs.encode" and value.arguments[1:] == ("latin1",):
        value = str(value.arguments[0]).encode("latin1")
    if isinstance(value, InertObject) and value.by in ("builtins.bytes", "builtins.bytearray"):
        return data(value.arguments[0]) if value.arguments else b""
    if not isinstance(value, (bytes, bytearray)):
        raise MalformedError(f"a {type(value).__name__} where bytes belong")
    return bytes(value)


def scalar(fact: InertObject) -> tuple[str, bytes]:
    """Return dtype and bytes of a numpy scalar."""
    if len(fact.arguments) != 2:
        raise MalformedError("a scalar without its value")
    return dtype_code(fact.arguments[0]), data(fact.arguments[1])


def _reconstructed(fact: InertObject) -> ArrayParts:
    """Arrays are made empty; the state brings shape, dtype and content."""
    kind, state = fact.arguments[:1], fact.state
    if not kind or getattr(kind[0], "by", "") not in ("numpy.ndarray", "numpy.memmap"):
        raise MalformedError("an array of a class of its own")
    if type(state) is not tuple or len(state) != 5:
        raise MalformedError("an array with a strange state")
    _, shape, dtype, fortran, content = state
    return _checked(dtype_code(dtype), shape_of(shape), bool(fortran), content)


def _from_buffer(fact: InertObject) -> ArrayParts:
    if len(fact.arguments) != 4:
        raise MalformedError("an array with a strange buffer")
    content, dtype, shape, order = fact.arguments
    return _checked(dtype_code(dtype), shape_of(shape), order == "F", content)


def _behind_wrapper(fact: InertObject) -> ArrayParts:
    """Return joblib's arrays, which the reader of the file has made."""
    array = _one(fact)
    if not isinstance(array, np.ndarray):
        if isinstance(array, InertObject) and array.by in ARRAYS:
            return ARRAYS[array.by](array)
        raise MalformedError("an array of objects that is no array")
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    content = array.tobytes(order="F" if fortran else "C")
    return _checked(code_of(array.dtype), array.shape, fortran, content)


def _checked(code: str, shape: tuple[int, ...], fortran: bool, content: Any) -> ArrayParts:
    """Return an array's parts where its content fits; an array of objects brings a list in C order."""
    if code == "O":
        if type(content) is not list or len(content) != math.prod(shape):
            raise MalformedError("an array of objects whose shape does not fit")
        return code, shape, False, content
    content, dtype = data(content), make_dtype(code)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise MalformedError("an array whose bytes do not fit its shape")
    return code, shape, fortran, _without_padding(np.frombuffer(content, dtype)) if dtype.names else content


def _without_padding(records: np.ndarray[Any, Any]) -> bytes:
    """Return the bytes of records with nothing between their fields: there lies memory of the process that fitted."""
    clean = np.frombuffer(bytearray(records.nbytes), records.dtype)
    for name in records.dtype.names or ():
        clean[name] = records[name]
    return clean.tobytes()


def code_of(dtype: np.dtype[Any]) -> str:
    """Spell a dtype as `make_dtype` reads it."""
    if dtype.fields is None:
        return "<" + dtype.str[1:]
    members = [f"{name} <{member[0].str[1:]} {member[1]}" for name, member in dtype.fields.items()]
    return f"{dtype.itemsize}|" + "|".join(members)


PLAIN: dict[str, Callable[[InertObject], Any]] = {
    "builtins.set": lambda fact: _collection(fact, set),
    "builtins.frozenset": lambda fact: _collection(fact, set),
    "collections.OrderedDict": lambda fact: dict(fact.pairs),
}
ARRAYS: dict[str, Callable[[InertObject], ArrayParts]] = {
    "array": _behind_wrapper,
    "numpy._core.multiarray._reconstruct": _reconstructed,
    "numpy._core.numeric._frombuffer": _from_buffer,
}


def made(fact: InertObject) -> tuple[str, tuple[Any, ...], Any]:
    """Return an object's class, arguments and state, whichever way its class is pickled."""
    name, arguments = fact.by, fact.arguments
    last = name.rpartition(".")[2]
    if name == "copyreg._reconstructor" and len(arguments) == 3:  # protocols 0 and 1 make every object this way
        kind, _, base = arguments
        fact.pairs.extend(base.items() if type(base) is dict else ())
        name, arguments = _name(kind), ()
    elif (last == "newObj" or last.startswith("__pyx_unpickle_")) and arguments:
        name, arguments = _name(arguments[0]), ()
    if name in REDUCED:
        name, state = REDUCED[name](fact)
        return name, (), state
    return name, arguments, fact.state


def _partial(fact: InertObject) -> tuple[str, Any]:
    """Histogram boosting holds `partial(check_array, …)`; it is data by the function's name, no other partial is."""
    state = fact.state
    if type(state) is not tuple or len(state) != 4 or state[1] != () or type(state[2]) is not dict:
        raise MalformedError("a functools.partial with positional arguments")
    return _name(state[0]), state[2]


def _curve_scorer(fact: InertObject) -> tuple[str, Any]:
    """Keep what a tuned threshold takes from its scorer: the positive label, which some metrics set to 1."""
    state = fact.state
    kwargs = state.get("_kwargs") if type(state) is dict else None
    if type(kwargs) is not dict:
        raise MalformedError("a scorer with a strange state")
    metric = getattr(state.get("_score_func"), "by", "").rpartition(".")[2]
    return CURVE_SCORER, {"pos_label": kwargs.get("pos_label", 1 if metric in POSITIVE_IS_ONE else None)}


def _random_state(fact: InertObject) -> Any:
    """Return a generator's state: its own, or that of the bit generator it was made of."""
    state = fact.state
    if state is None and fact.arguments and isinstance(fact.arguments[0], InertObject):
        state = fact.arguments[0].state
    return {"state": state[0] if type(state) is tuple and state else state}


def _spline(fact: InertObject) -> tuple[str, Any]:
    """Newer scipy keeps a spline's state in an object inside it."""
    inner = fact.state[0] if type(fact.state) is tuple and fact.state else None
    return SPLINE, inner.state if isinstance(inner, InertObject) else fact.state


REDUCED: dict[str, Callable[[InertObject], tuple[str, Any]]] = {
    "functools.partial": _partial,
    "numpy.random._pickle.__generator_ctor": lambda fact: ("numpy.random.Generator", _random_state(fact)),
    "numpy.random._pickle.__randomstate_ctor": lambda fact: ("numpy.random.RandomState", _random_state(fact)),
    SPLINE: _spline,
    CURVE_SCORER: _curve_scorer,
    "fairlead.engines.estimator_data.builders.PositiveLabel": lambda fact: (
        CURVE_SCORER,
        {"pos_label": (fact.state or {}).get("_label")},
    ),
}
"""Callables whose pickles say more or less than the data form needs: class and attributes."""


def _name(stand_in: Any) -> str:
    if isinstance(stand_in, type) and issubclass(stand_in, InertObject):
        return stand_in.by
    raise MalformedError("an object of something that is no class")


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
        raise MalformedError(f"a {name} with a strange state")
    return state
