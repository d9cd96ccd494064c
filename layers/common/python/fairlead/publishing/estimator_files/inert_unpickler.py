"""Read a pickle as inert objects: no name is imported, no callable is called, no object of a real class is made.

Python's own unpickler reads the opcodes. For every global name it gets a stand-in class. An instance of a stand-in
records the arguments of its call and the state put into it. joblib writes the bytes of arrays between opcodes; those
become arrays.
"""

import io
import math
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from fairlead.engines.estimator_data.arrays import make_dtype

CHUNK = 1 << 24
DEEPEST_NEST = 8
"""Levels of pickles in object arrays in pickles."""
ARRAY_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"

PYTHON_UNPICKLER: Any = pickle._Unpickler  # noqa: SLF001 - joblib's base, too: only the pure Python one can stop at array bytes

# Current names of old modules: Python 2's, which protocols 0 to 2 still write, and older numpy's and scikit-learn's.
MODERN = {
    "__builtin__": "builtins",
    "_loss": "sklearn._loss._loss",
    "copy_reg": "copyreg",
    "numpy.core": "numpy._core",
}
MODERN_NAMES = {"builtins.long": "builtins.int", "builtins.unicode": "builtins.str"}


class MalformedError(Exception):
    """The stream is not a pickle of a fitted estimator; the message names the part."""


class InertObject:
    """Record of an object that a pickle makes by a call: `by` is the callable's name, the rest is the file's data."""

    by: ClassVar[str] = ""
    __slots__ = ("arguments", "items", "pairs", "state")
    arguments: tuple[Any, ...]
    state: Any
    items: list[Any]
    pairs: list[tuple[Any, Any]]

    def __new__(cls, *arguments: Any) -> "InertObject":
        """Record the arguments; nothing is called."""
        made = object.__new__(cls)
        made.arguments, made.state, made.items, made.pairs = arguments, None, [], []
        return made

    def append(self, item: Any) -> None:
        """Record an item."""
        self.items.append(item)

    add = append

    def __setitem__(self, key: Any, value: Any) -> None:
        """Record a pair."""
        self.pairs.append((key, value))


class InertArray(InertObject):
    """An array whose bytes follow joblib's wrapper, or the value of a pickle nested there."""

    by = "array"
    __slots__ = ()


def modern(module: str, name: str) -> str:
    """Return the dotted name in current Python and numpy."""
    for old, new in MODERN.items():
        if module == old or module.startswith(old + "."):
            module = new + module[len(old) :]
    return MODERN_NAMES.get(f"{module}.{name}", f"{module}.{name}")


class InertUnpickler(PYTHON_UNPICKLER):  # type: ignore[misc]  # see there
    """Unpickles joblib and plain files into inert objects; `judge` raises for a name before it is used."""

    dispatch: ClassVar[dict[int, Any]] = dict(PYTHON_UNPICKLER.dispatch)

    def __init__(self, file: io.BytesIO, judge: Callable[[str], None], depth: int = 0) -> None:
        super().__init__(file)
        self._file, self._judge, self._depth = file, judge, depth
        self._stand_ins: dict[str, type[InertObject]] = {}

    def find_class(self, module_name: Any, global_name: Any) -> type[InertObject]:
        """Return the stand-in class of a global name."""
        if type(module_name) is not str or type(global_name) is not str:
            raise MalformedError("a name that is computed while the file is read")
        name = modern(module_name, global_name)
        if name not in self._stand_ins:
            self._judge(name)
            self._stand_ins[name] = type("StandIn", (InertObject,), {"by": name, "__slots__": ()})
        return self._stand_ins[name]

    def persistent_load(self, pid: Any) -> Any:
        """Raise MalformedError: estimators have no persistent ids."""
        raise MalformedError(f"the persistent id {pid!r}"[:100])

    def get_extension(self, code: int) -> None:
        """Raise MalformedError: estimators use no numbered names."""
        raise MalformedError(f"the extension {code}")

    def _check_stand_in(self, position: int) -> None:
        called = self.stack[position]
        if not (isinstance(called, type) and issubclass(called, InertObject)):
            raise MalformedError("a call of something that is not a name")

    def _reduce(self) -> None:
        self._check_stand_in(-2)
        if type(self.stack[-1]) is not tuple:
            raise MalformedError("a call without arguments")
        self.load_reduce()

    def _newobj(self) -> None:
        self._check_stand_in(-2)
        self.load_newobj()

    def _newobj_ex(self) -> None:
        self._check_stand_in(-3)
        if self.stack[-1] != {}:
            raise MalformedError("an object made with keyword arguments")
        self.load_newobj_ex()

    def _build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if not isinstance(made, InertObject) or made.state is not None:
            raise MalformedError("a state put into something that is not a new object")
        made.state = state
        if ARRAY_WRAPPER in (made.by, getattr(made.arguments[0], "by", "") if made.arguments else ""):
            self.stack[-1] = self._array(state)

    def _array(self, wrapper: Any) -> InertObject:
        """Return the array that follows a wrapper: raw bytes, or a nested pickle for objects."""
        if self._unframer.current_frame and self._unframer.current_frame.read(1):
            raise MalformedError("array bytes inside a frame")
        if type(wrapper) is not dict or wrapper.get("order") not in ("C", "F"):
            raise MalformedError("an array with a malformed wrapper")
        if dtype_code(wrapper.get("dtype")) == "O":
            if self._depth >= DEEPEST_NEST:
                raise MalformedError("arrays nested too deeply")
            return InertArray(InertUnpickler(self._file, self._judge, self._depth + 1).load())
        if wrapper.get("numpy_array_alignment_bytes") is not None:
            self._file.read(self._file.read(1)[0])
        return InertArray(_read_array(self._file, wrapper))

    def _dict(self) -> None:
        _check_keys(self.stack[::2])
        self.load_dict()

    def _setitem(self) -> None:
        _check_keys(self.stack[-2:-1])
        self.load_setitem()

    def _setitems(self) -> None:
        _check_keys(self.stack[::2])
        self.load_setitems()

    def _frozenset(self) -> None:
        _check_keys(self.stack)
        self.load_frozenset()

    def _additems(self) -> None:
        _check_keys(self.stack)
        self.load_additems()

    def _refuse(self) -> None:
        raise MalformedError("an opcode that no fitted estimator needs")

    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.NEWOBJ[0]] = _newobj
    dispatch[pickle.NEWOBJ_EX[0]] = _newobj_ex
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.DICT[0]] = _dict
    dispatch[pickle.SETITEM[0]] = _setitem
    dispatch[pickle.SETITEMS[0]] = _setitems
    dispatch[pickle.FROZENSET[0]] = _frozenset
    dispatch[pickle.ADDITEMS[0]] = _additems
    dispatch[pickle.INST[0]] = _refuse
    dispatch[pickle.OBJ[0]] = _refuse
    dispatch[pickle.NEXT_BUFFER[0]] = _refuse
    dispatch[pickle.READONLY_BUFFER[0]] = _refuse


def _check_keys(keys: list[Any]) -> None:
    """Raise MalformedError for keys that are unsafe to hash.

    Hashing nested tuples may take exponential time, and large integers can be chosen to have equal hashes.
    """
    for key in keys:
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, tuple) or (isinstance(part, int) and abs(part) >> 64):
                raise MalformedError("a key that is not a plain value")


def _read_array(file: io.BytesIO, wrapper: dict[str, Any]) -> np.ndarray[Any, Any]:
    dtype, shape = make_dtype(dtype_code(wrapper.get("dtype"))), shape_of(wrapper.get("shape"))
    data = file.read(math.prod(shape) * dtype.itemsize)
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise MalformedError("the file ends inside an array")
    return np.frombuffer(data, dtype).reshape(shape, order=wrapper["order"])


def shape_of(shape: Any) -> tuple[int, ...]:
    """Return an array's shape; raises MalformedError for other values."""
    if type(shape) is not tuple or len(shape) > 8 or not all(type(length) is int and length >= 0 for length in shape):
        raise MalformedError("an array with a malformed shape")
    return shape


def dtype_code(inert: Any) -> str:
    """Return the code of the dtype that a pickle describes, as `make_dtype` reads it; "O" for an array of objects."""
    if not isinstance(inert, InertObject) or inert.by != "numpy.dtype" or not inert.arguments:
        raise MalformedError("an array without a dtype")
    code, state = inert.arguments[0], inert.state
    if type(code) is not str or (state is not None and (type(state) is not tuple or len(state) < 8)):
        raise MalformedError("a dtype with a malformed state")
    if code in ("O", "O8", "|O", "|O8"):
        return "O"
    if state is None or state[3] is None:
        order = "" if state is None else str(state[1])
        return ("<" if order in ("", "<", "|") else order) + code.lstrip("<|")
    names, fields = state[3], state[4]
    if type(fields) is not dict or type(names) is not tuple:
        raise MalformedError("a structured dtype with strange fields")
    try:
        members = [f"{name} {dtype_code(fields[name][0])} {fields[name][1]}" for name in names]
    except (KeyError, IndexError, TypeError) as error:
        raise MalformedError("a structured dtype with strange fields") from error
    return f"{code.lstrip('|V')}|" + "|".join(members)
