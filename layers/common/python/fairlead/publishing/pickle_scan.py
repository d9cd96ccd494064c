"""Reads a pickle without running it: a machine that does every opcode on facts instead of objects.

What comes out is every name the file uses, every call it would make, and the scikit-learn versions it mentions; what
a fitted estimator's pickle never does is refused on the way. joblib writes array bytes between opcodes, behind each
NumpyArrayWrapper, and arrays of objects as a pickle of their own: both are walked here.
"""

import pickletools
from collections.abc import Callable
from typing import IO, Any

from fairlead.publishing.pickle_calls import RECONSTRUCTOR, harmless, hashable, paired
from fairlead.publishing.pickle_names import ARRAY_WRAPPER, DTYPE, Name, Right, modern
from fairlead.publishing.pickle_values import Items, Made, MalformedError, count_of, element_of, pairs

MARK = object()
DEEPEST_NEST = 8
"""Pickles inside object arrays inside pickles."""

CONSTANTS = frozenset(
    [
        "INT",
        "LONG",
        "LONG1",
        "LONG4",
        "BININT",
        "BININT1",
        "BININT2",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
        "UNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE",
        "BINUNICODE8",
        "FLOAT",
        "BINFLOAT",
    ]
)
LITERALS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": lambda: Items("list"),
    "EMPTY_DICT": lambda: Items("dict"),
    "EMPTY_SET": lambda: Items("set"),
}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})


class Scan:
    """One file: `names` in order of appearance, `versions` of scikit-learn found in estimators' states."""

    def __init__(self, judge: Callable[[Name], Right]) -> None:
        self.names: dict[Name, Right] = {}
        self.versions: set[str] = set()
        self._judge = judge

    def use(self, module: Any, name: Any) -> Name:
        """Note a name; raises what `judge` raises for one that is not allowed."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise MalformedError("a name that is computed while the file is read")
        found = modern(module, name)
        self.names[found] = self._judge(found)
        return found


class Machine:
    """The pickle machine on facts. `file` stands at the first opcode, and after `run` behind the last."""

    def __init__(self, file: IO[bytes], size: int, scan: Scan, depth: int = 0) -> None:
        self._file, self._size, self._scan, self._depth = file, size, scan, depth
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Walk to STOP and return what would be made."""
        if self._depth > DEEPEST_NEST:
            raise MalformedError("arrays nested too deeply")
        try:
            for opcode, argument, _ in pickletools.genops(self._file):
                self._step(opcode.name, argument)
        except (ValueError, IndexError, KeyError, UnicodeError, OverflowError, MemoryError, RecursionError) as error:
            raise MalformedError(str(error)[:200] or "it ends too early") from error
        if self._stack:
            raise MalformedError("values left over at its end")
        return self._result

    def _step(self, name: str, argument: Any) -> None:
        if name in CONSTANTS:
            self._stack.append(argument)
        elif name in PUTS:
            self._memo[argument] = self._top()
        elif name in GETS:
            self._stack.append(self._memo[argument])
        elif name in LITERALS:
            self._stack.append(LITERALS[name]())
        elif name in TUPLES:
            self._stack.append(tuple(self._take(TUPLES[name])))
        else:
            handler = getattr(self, "_do_" + name.lower(), None)
            if handler is None:
                raise MalformedError(f"the instruction {name}, which no fitted estimator needs")
            handler(argument)

    def _take(self, count: int) -> list[Any]:
        taken = [self._pop() for _ in range(count)]
        return taken[::-1]

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is MARK:
            raise MalformedError("a mark where a value belongs")
        return value

    def _top(self) -> Any:
        if self._stack[-1] is MARK:
            raise MalformedError("a mark where a value belongs")
        return self._stack[-1]

    def _to_mark(self) -> list[Any]:
        taken: list[Any] = []
        while (value := self._stack.pop()) is not MARK:
            taken.append(value)
        return taken[::-1]

    def _do_proto(self, argument: int) -> None:
        if argument > 5:
            raise MalformedError(f"pickle protocol {argument}, which this Python does not know")

    def _do_frame(self, argument: int) -> None:
        if argument > self._size:
            raise MalformedError("a frame longer than the file")

    def _do_mark(self, _: Any) -> None:
        self._stack.append(MARK)

    def _do_pop(self, _: Any) -> None:
        self._stack.pop()

    def _do_pop_mark(self, _: Any) -> None:
        self._to_mark()

    def _do_dup(self, _: Any) -> None:
        self._stack.append(self._top())

    def _do_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _do_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._to_mark()))

    def _do_list(self, _: Any) -> None:
        self._stack.append(Items("list", self._to_mark()))

    def _do_frozenset(self, _: Any) -> None:
        self._stack.append(Items("set", hashable(self._to_mark())))

    def _do_dict(self, _: Any) -> None:
        self._stack.append(Items("dict", paired(self._to_mark())))

    def _do_append(self, _: Any) -> None:
        self._extend("list", [self._pop()])

    def _do_appends(self, _: Any) -> None:
        self._extend("list", self._to_mark())

    def _do_additems(self, _: Any) -> None:
        self._extend("set", hashable(self._to_mark()))

    def _do_setitem(self, _: Any) -> None:
        self._extend("dict", paired(self._take(2)))

    def _do_setitems(self, _: Any) -> None:
        self._extend("dict", paired(self._to_mark()))

    def _extend(self, kind: str, items: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, Items) and target.kind == kind:
            target.items.extend(items)
        elif not isinstance(target, Made):
            raise MalformedError(f"items put into something that is no {kind}")

    def _do_global(self, argument: str) -> None:
        self._stack.append(self._scan.use(*argument.split(" ", 1)))

    def _do_stack_global(self, _: Any) -> None:
        self._stack.append(self._scan.use(*self._take(2)))

    def _do_reduce(self, _: Any) -> None:
        by, arguments = self._take(2)
        self._stack.append(self._call(by, arguments))

    def _do_newobj(self, _: Any) -> None:
        self._do_reduce(_)

    def _do_newobj_ex(self, _: Any) -> None:
        by, arguments, options = self._take(3)
        if pairs(options):
            raise MalformedError("an object made with keyword arguments")
        self._stack.append(self._call(by, arguments))

    def _call(self, by: Any, arguments: Any) -> Made:
        if not isinstance(by, Name) or self._scan.names.get(by) != "call":
            raise MalformedError(f"a call of {by}, which is no constructor"[:200])
        if not isinstance(arguments, tuple) or not harmless(by, arguments):
            raise MalformedError(f"a call of {by} with arguments that no estimator needs")
        if by == RECONSTRUCTOR:  # protocols 0 and 1 make every object this way
            return self._call(arguments[0], ())
        return Made(by, arguments)

    def _do_build(self, _: Any) -> None:
        state = self._pop()
        made = self._stack[-1]
        if not isinstance(made, Made):
            raise MalformedError("state put into something that is no new object")
        if isinstance(state, tuple) and len(state) == 2 and any(key.startswith("__") for key in pairs(state[1])):
            raise MalformedError("state that replaces what an object is")
        made.state = state
        version = pairs(state).get("_sklearn_version")
        if isinstance(version, str):
            self._scan.versions.add(version)
        if made.by == DTYPE:
            element_of(made)
        elif made.by == ARRAY_WRAPPER:
            self._stack[-1] = self._array(pairs(state))

    def _array(self, wrapper: dict[str, Any]) -> Any:
        """Walk over the array behind a wrapper: raw bytes, or a pickle of its own for objects."""
        element, count = element_of(wrapper.get("dtype")), count_of(wrapper.get("shape"))
        if wrapper.get("order") not in ("C", "F"):
            raise MalformedError("an array with a strange order")
        if element.objects:
            return Machine(self._file, self._size, self._scan, self._depth + 1).run()
        if wrapper.get("numpy_array_alignment_bytes") is not None:
            padding = self._file.read(1)
            self._file.seek(padding[0], 1)
        if self._file.tell() + count * element.size > self._size:
            raise MalformedError("it ends inside an array")
        self._file.seek(count * element.size, 1)
        return Made(Name("numpy", "ndarray"), ())

    def _do_stop(self, _: Any) -> None:
        self._result = self._pop()
