"""The second lock: an unpickler that can make only what the policy allows, for files that the scan has passed.

It stands alone: a file that deceived the scan would still meet the same allow-list here, at every lookup and call.
"""

import io
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from fairlead.publishing.pickle_names import ARRAY_WRAPPER, Name, Right, modern
from fairlead.publishing.pickle_values import MalformedError, count_of

CHUNK = 1 << 24
CALL: Right = "call"

PYTHON_UNPICKLER: Any = pickle._Unpickler  # noqa: SLF001 - joblib's base, too: only Python's own can stop at array bytes


class ArrayOnFile:
    """joblib's NumpyArrayWrapper, read anew: shape, order and dtype of the array whose bytes follow."""

    shape: tuple[int, ...]
    order: str
    dtype: np.dtype[Any]
    numpy_array_alignment_bytes: int | None = None


def _read_array(wrapper: ArrayOnFile, file: io.BytesIO) -> np.ndarray[Any, Any]:
    """Read the array's bytes; a function and not a method, because the file may put attributes into the wrapper."""
    if wrapper.numpy_array_alignment_bytes is not None:
        file.read(file.read(1)[0])
    array = np.empty(count_of(wrapper.shape), dtype=wrapper.dtype)
    view = array.view(np.uint8) if array.nbytes else np.empty(0, np.uint8)
    for start in range(0, len(view), CHUNK):
        part = view[start : start + CHUNK]
        if file.readinto(part) != len(part):
            raise MalformedError("it ends inside an array")
    return array.reshape(wrapper.shape[::-1]).T if wrapper.order == "F" else array.reshape(wrapper.shape)


class RestrictedUnpickler(PYTHON_UNPICKLER):  # type: ignore[misc]  # see there
    """Unpickles joblib and plain files. `lookup` gives an allowed name's object, and whether it may be called."""

    dispatch: ClassVar[dict[int, Any]] = dict(PYTHON_UNPICKLER.dispatch)

    def __init__(self, file: io.BytesIO, lookup: Callable[[Name], tuple[Any, Right]]) -> None:
        super().__init__(file)
        self._file, self._lookup = file, lookup
        self._found: dict[int, tuple[Any, Right]] = {}

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Find an allowed name, and remember whether it may be called."""
        name = modern(module_name, global_name)
        found, right = (ArrayOnFile, CALL) if name == ARRAY_WRAPPER else self._lookup(name)
        self._found[id(found)] = (found, right)
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Refuse: estimators have no persistent ids."""
        raise MalformedError(f"the persistent id {pid!r}"[:100])

    def get_extension(self, code: int) -> None:
        """Refuse: a name by number would get round find_class."""
        raise MalformedError(f"the extension {code}")

    def _check_callable(self, position: int) -> None:
        found = self._found.get(id(self.stack[position]))
        if found is None or found[1] != CALL:
            raise MalformedError("a call of something that is no constructor")

    def _reduce(self) -> None:
        self._check_callable(-2)
        self.load_reduce()

    def _newobj(self) -> None:
        self._check_callable(-2)
        self.load_newobj()

    def _newobj_ex(self) -> None:
        self._check_callable(-3)
        self.load_newobj_ex()

    def _build(self) -> None:
        if id(self.stack[-2]) in self._found or isinstance(self.stack[-2], type):
            raise MalformedError("state put into something that is no new object")
        self.load_build()
        made = self.stack[-1]
        if isinstance(made, np.dtype):
            _check_dtype(made)
        elif isinstance(made, ArrayOnFile):
            self.stack[-1] = self._array(made)

    def _array(self, wrapper: ArrayOnFile) -> Any:
        if self._unframer.current_frame and self._unframer.current_frame.read(1):
            raise MalformedError("array bytes inside a frame")
        if not isinstance(wrapper.dtype, np.dtype):
            raise MalformedError("an array without a dtype")
        if wrapper.dtype.hasobject:
            return RestrictedUnpickler(self._file, self._lookup).load()
        return _read_array(wrapper, self._file)

    def _refuse(self) -> None:
        raise MalformedError("an instruction that no fitted estimator needs")

    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.NEWOBJ[0]] = _newobj
    dispatch[pickle.NEWOBJ_EX[0]] = _newobj_ex
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.INST[0]] = _refuse
    dispatch[pickle.OBJ[0]] = _refuse
    dispatch[pickle.NEXT_BUFFER[0]] = _refuse
    dispatch[pickle.READONLY_BUFFER[0]] = _refuse


def _check_dtype(dtype: np.dtype[Any]) -> None:
    """A dtype must know whether it holds objects, and keep its fields inside itself: numpy believes a pickled one."""
    inner = [] if dtype.fields is None else list(dtype.fields.values())
    members = [member[0] for member in inner] + ([dtype.subdtype[0]] if dtype.subdtype else [])
    if any(member.hasobject or member.kind == "O" for member in members) or dtype.hasobject != (dtype.kind == "O"):
        raise MalformedError("a dtype that hides objects")
    if any(not 0 <= member[1] <= dtype.itemsize - member[0].itemsize for member in inner):
        raise MalformedError("a dtype whose fields do not fit")
