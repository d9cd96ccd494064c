"""The data form → an estimator. This is the one authority on what an estimator may be made of.

Nodes are built in their order, each from nodes that were built and judged before. An object's class must be known, its
attributes must be the class's own and hold the types that the class has there; native state is checked before a native
object is built.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from fairlead.engines import native_state
from fairlead.engines.estimator_data import names, parameters, shapes
from fairlead.engines.estimator_data.arrays import check_elements, make_dtype
from fairlead.engines.estimator_data.builders import build
from fairlead.engines.estimator_data.document import (
    Array,
    Big,
    Document,
    Dtype,
    Items,
    Named,
    Node,
    Object,
    Objects,
    Pairs,
    Scalar,
    Value,
    array_of,
    decode,
)
from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.model_code.own_objects import own_object
from fairlead.engines.model_code.package import CodePackage
from fairlead.errors import ModelCodeError, ModelFileError

LONGEST_INTEGER = 60
MOST_OBJECTS = 200_000
"""Objects that one prediction may pass through: a forest of a thousand trees has some 2,000."""
SCALAR_WORDS: dict[type, str] = {type(None): "none", bool: "number", int: "number", float: "number", str: "str"}
OTHER_PARAMETERS = "fit it without the parameter that makes this, and report the class with its parameters"
HASHED = (bool, int, float, str, type(None), np.generic)


class Read(NamedTuple):
    """An estimator, and the names of the parameters that data could not hold."""

    estimator: Any
    left_out: tuple[str, ...]


class Built(NamedTuple):
    """A node's object, the words for it and for all that it holds, and how many objects a walk through it meets.

    An object of a class is one word, whatever it holds.
    """

    value: Any
    words: frozenset[str]
    objects: int = 0


def read(data: bytes, code: MountedCode | None = None) -> Read:
    """Build the estimator of a data form; raises ModelFileError that names class and place.

    `code` is the version's own package, mounted: objects may be of its classes too.
    """
    document, arrays = decode(data)
    built = Reader(document, arrays, code).run()
    return Read(built.value, document.left_out)


def uses(data: bytes, package: CodePackage) -> bool:
    """Return whether a data form names a class or function of a package; nothing is built."""
    nodes = decode(data)[0].nodes
    return any(isinstance(node, (Named, Object)) and package.holds(node.name) for node in nodes)


class Reader:
    """Builds the nodes of one document."""

    def __init__(self, document: Document, arrays: memoryview, code: MountedCode | None = None) -> None:
        self._nodes = document.nodes
        self._arrays = arrays
        self._code = code
        self._built: list[Built] = []
        self._copies: dict[int, Any] = {}

    def run(self) -> Built:
        """Build every node, and return the last."""
        for index, node in enumerate(self._nodes):
            try:
                self._built.append(MAKERS[type(node)](self, node))
            except (ModelFileError, ModelCodeError) as error:
                raise ModelFileError(f"{error} (at {place(self._nodes, index)})", hint=error.hint) from error
        return self._built[-1]

    def _get(self, value: Value) -> Built:
        if isinstance(value, list):
            if len(value) != 1 or not 0 <= value[0] < len(self._built):
                raise ModelFileError("a reference to something that does not come before it")
            return self._built[value[0]]
        return Built(value, frozenset({SCALAR_WORDS[type(value)]}))

    def _all(self, values: list[Value], word: str) -> tuple[list[Any], frozenset[str], int]:
        found = [self._get(value) for value in values]
        words = {word}
        for words_of in {one.words for one in found}:
            words |= words_of
        return [one.value for one in found], frozenset(words), _sum(found)

    def items(self, node: Items) -> Built:
        """Build a list, tuple or set."""
        values, words, objects = self._all(node.items, "set" if node.kind == "set" else "list")
        if node.kind == "set":
            _check_hashable(values)
            return Built(set(values), words, objects)
        return Built(tuple(values) if node.kind == "tuple" else values, words, objects)

    def pairs(self, node: Pairs) -> Built:
        """Build a dictionary."""
        keys, words, some = self._all(node.keys, "dict")
        values, more, others = self._all(node.values, "dict")
        _check_hashable(keys)
        if len(keys) != len(values):
            raise ModelFileError("a dictionary with half a pair")
        return Built(dict(zip(keys, values, strict=True)), words | more, some + others)

    def array(self, node: Array) -> Built:
        """Build an array of numbers, booleans, text or records."""
        return Built(array_of(node, self._arrays), frozenset({"records" if "|" in node.dtype else "array"}))

    def objects(self, node: Objects) -> Built:
        """Build an array of values."""
        values, words, objects = self._all(node.items, "objects")
        array = np.empty(len(values), dtype=object)
        for index, value in enumerate(values):
            array[index] = value
        try:
            return Built(array.reshape(node.shape), words, objects)
        except ValueError as error:
            raise ModelFileError("an array of objects whose shape does not fit") from error

    def scalar(self, node: Scalar) -> Built:
        """Build a numpy scalar."""
        dtype = make_dtype(node.dtype)
        if dtype.names is not None or len(node.data) != dtype.itemsize or not dtype.itemsize:
            raise ModelFileError("a scalar whose bytes do not fit its type")
        array = np.frombuffer(node.data, dtype)
        check_elements(array)
        return Built(array[0], frozenset({"str" if dtype.kind == "U" else "number"}))

    def dtype(self, node: Dtype) -> Built:
        """Build a dtype."""
        return Built(np.dtype("O") if node.code == "O" else make_dtype(node.code), frozenset({"dtype"}))

    def big(self, node: Big) -> Built:
        """Build an integer beyond 64 bits."""
        if len(node.digits) > LONGEST_INTEGER or not node.digits.removeprefix("-").isdecimal():
            raise ModelFileError("an integer of more digits than an estimator needs")
        return Built(int(node.digits), frozenset({"number"}))

    def named(self, node: Named) -> Built:
        """Find a function or type."""
        if self._code and self._code.package.holds(node.name):
            return Built(self._code.find(node.name), frozenset({"named"}))
        found = names.find(node.name)
        if found is None:
            raise ModelFileError(
                f"the function or type {node.name[:100]} is none that an estimator may hold",
                hint="use a numpy or scipy ufunc, or a built-in transformer",
            )
        return Built(found, frozenset({names.word(found)}))

    def object(self, node: Object) -> Built:
        """Build an object of a known class, or of a class of the version's own package."""
        if self._code and self._code.package.holds(node.name):
            return self._own_object(self._code, node)
        if not shapes.is_class(node.name):
            raise ModelFileError(f"the class {node.name[:100]} is none that an estimator may be made of")
        shape = shapes.shape_of(node.name)
        found = {name: self._get(value) for name, value in node.attributes.items()}
        for name, one in found.items():
            _check_attribute(shape, name, one, free=self._is_for_own_function(name, found))
        attributes = {name: self._own(name, one.value) for name, one in found.items()}
        native_state.check(shape.name, attributes)
        return Built(build(shape, attributes), frozenset({shape.word}), 1 + _sum(list(found.values())))

    def _is_for_own_function(self, name: str, found: Mapping[str, Built]) -> bool:
        """Return whether an attribute holds arguments by name of a function of the version's own package."""
        function = found.get(parameters.FUNCTION_OF.get(name, ""))
        module = getattr(function.value, "__module__", None) if function else None
        return self._code is not None and isinstance(module, str) and self._code.package.holds(module)

    def _own_object(self, code: MountedCode, node: Object) -> Built:
        """Build an object of an own class. Its attributes are not judged again: each was when it was built."""
        found = {name: self._get(value) for name, value in node.attributes.items()}
        kind = code.find(node.name)
        made = own_object(kind, {name: one.value for name, one in found.items()})
        word = "estimator" if hasattr(kind, "get_params") else "named"
        return Built(made, frozenset({word}), 1 + _sum(list(found.values())))

    def _own(self, name: str, value: Any) -> Any:
        """Copy what a function will be given: an array that native code reads must stay as it was checked."""
        return deepcopy(value, self._copies) if name in parameters.FOR_FUNCTIONS else value


def _sum(found: list[Built]) -> int:
    """Count objects as a prediction meets them, again at each place; raises ModelFileError above MOST_OBJECTS."""
    objects = sum(one.objects for one in found)
    if objects >= MOST_OBJECTS:
        raise ModelFileError(
            f"a prediction would pass through {objects:,} objects; the limit is {MOST_OBJECTS:,}",
            hint="nest fewer estimators",
        )
    return objects


def _check_attribute(shape: shapes.Shape, name: str, found: Built, *, free: bool) -> None:
    allowed = shape.allowed(name)
    label = shape.name.rpartition(".")[2]
    if allowed is None:
        raise ModelFileError(f"a {label} has no attribute {name[:60]!r}", hint=_advice(shape, name))
    if not found.words <= allowed:
        raise ModelFileError(
            f"{label}.{name} holds {', '.join(sorted(found.words - allowed))}; "
            f"it may hold {', '.join(sorted(allowed)) or 'nothing'}",
            hint=OTHER_PARAMETERS,
        )
    if not free:
        parameters.check(label, name, found.value)


def _advice(shape: shapes.Shape, name: str) -> str:
    """Return a hint for an unknown attribute: its class makes it with other parameters, or the user's code added it."""
    methods = [
        inspect.unwrap(getattr(method, "fget", None) or method)
        for base in shape.kind.__mro__
        for method in vars(base).values()
    ]
    if any(name in getattr(getattr(method, "__code__", None), "co_names", ()) for method in methods):
        return OTHER_PARAMETERS
    return f"delete it before you save the estimator: del estimator.{name[:60]}"


def _check_hashable(values: list[Any]) -> None:
    """Keys are hashed. Hashing tuples of tuples may never end, and long numbers can be chosen that have one hash."""
    for value in values:
        if not isinstance(value, HASHED) or (isinstance(value, int) and abs(value) >> 64):
            raise ModelFileError("a key that is no plain value")


MAKERS: dict[type[Node], Callable[[Reader, Any], Built]] = {
    Array: Reader.array,
    Big: Reader.big,
    Dtype: Reader.dtype,
    Items: Reader.items,
    Named: Reader.named,
    Object: Reader.object,
    Objects: Reader.objects,
    Pairs: Reader.pairs,
    Scalar: Reader.scalar,
}


def place(nodes: list[Node], index: int) -> str:
    """Return a node's path from the outermost object: `Pipeline.steps[1][1].func`."""
    steps: list[str] = []
    outer = index
    while (parent := _parent(nodes, outer)) is not None:
        outer, step = parent
        steps.append(step)
    root = nodes[outer]
    return (root.name.rpartition(".")[2] if isinstance(root, Object) else "the file") + "".join(reversed(steps))


def _parent(nodes: list[Node], index: int) -> tuple[int, str] | None:
    """Return the first node that refers to this one, and how."""
    for position in range(index + 1, len(nodes)):
        for step, value in _references(nodes[position]):
            if value == [index]:
                return position, step
    return None


def _references(node: Node) -> list[tuple[str, Value]]:
    if isinstance(node, (Items, Objects)):
        return [(f"[{index}]", value) for index, value in enumerate(node.items)]
    if isinstance(node, Pairs):
        return [(f"[{key!r}]"[:60], value) for key, value in zip(node.keys, node.values, strict=False)] + [
            (".keys()", key) for key in node.keys
        ]
    if isinstance(node, Object):
        return [(f".{name}"[:60], value) for name, value in node.attributes.items()]
    return []
