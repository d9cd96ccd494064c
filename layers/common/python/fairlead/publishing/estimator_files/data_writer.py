"""Write the inert objects of a pickle as the data form. Checks only what data can hold; the reader checks the rest."""

from collections.abc import Callable
from typing import Any

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
    encode,
    padding,
)
from fairlead.engines.estimator_data.shapes import ARGUMENTS, is_class
from fairlead.engines.model_code.own_objects import STATE
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files import pickled_values
from fairlead.publishing.estimator_files.inert_unpickler import InertObject, MalformedError, dtype_code

SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1
DROPPED = frozenset(
    [
        *("scorer_", "_scorer", "cv_results_", "callbacks", "_checked_cv_orig"),
        *("root_", "dummy_leaf_", "_skl_callbacks", "_skl_callbacks_to_teardown", "_callback_fit_ctx"),
        *("_rng", "_feature_subsample_rng", "_optimizer", "_loss_function_", "_kmeans_single"),
    ]
)
"""Attributes that only fitting uses, never written: scorers, optimizers, results of a search, Birch's tree."""
OPTIONAL = frozenset({"scoring", "param_distributions", "param_grid", "cv"})
"""Parameters that only fitting uses: None where data cannot hold them, and then listed in `left_out`."""


class Writer:
    """Writes the inert objects of one pickle, members first.

    `refuse` makes the error for a name of no known class. `package` is the name of the publisher's own package, whose
    classes have any attributes; empty without one.
    """

    def __init__(self, refuse: Callable[[str, str], Exception], package: str = "") -> None:
        self._refuse = refuse
        self._package = package
        self._nodes: list[Node] = []
        self._arrays: list[bytes] = []
        self._size = 0
        self._known: dict[int, list[int]] = {}
        self._path: list[str] = []
        self._open: set[int] = set()
        self._kept: list[Any] = []
        self._left_out: set[str] = set()

    def write(self, inert: Any) -> bytes:
        """Return the data form of an estimator; raises MalformedError, or the error that `refuse` makes."""
        if isinstance(inert, type) and issubclass(inert, InertObject):
            name = inert.by.rpartition(".")[2]
            raise ModelFileError(f"{name} is a class, not a fitted estimator", hint="fit and publish an instance")
        try:
            root = self._value(inert)
        except RecursionError as error:
            raise MalformedError("objects nested too deeply") from error
        if not isinstance(root, list):
            self._nodes.append(Items("list", [root]))
        return encode(Document(nodes=self._nodes, left_out=tuple(sorted(self._left_out))), self._arrays)

    def _value(self, value: Any, place: str = "") -> Value:
        if type(value) is str:
            return self._text(value, place)
        if value is None or type(value) in (bool, float):
            return value  # type: ignore[no-any-return]  # checked above
        if type(value) is int and SMALLEST <= value <= LARGEST:
            return value
        if id(value) in self._known:
            return self._known[id(value)]
        if id(value) in self._open:
            raise MalformedError("an object that contains itself")
        self._open.add(id(value))
        self._path.append(place)
        self._nodes.append(self._node(value))
        self._path.pop()
        self._open.discard(id(value))
        self._kept.append(value)  # an id is unique only while its object exists
        self._known[id(value)] = [len(self._nodes) - 1]
        return self._known[id(value)]

    def _text(self, value: str, place: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ModelFileError(
                f"{self.place()}{place} is {value[:60]!r} with a lone surrogate, which JSON cannot represent",
                hint="decode the text as UTF-8 before fitting",
            ) from error
        return value

    def _values(self, values: Any) -> list[Value]:
        return [self._value(value, f"[{index}]") for index, value in enumerate(values)]

    def _node(self, value: Any) -> Node:
        if isinstance(value, (list, tuple)):
            return Items("list" if isinstance(value, list) else "tuple", self._values(value))
        if isinstance(value, (set, frozenset)):
            return Items("set", self._values(sorted(value, key=str)))
        if isinstance(value, dict):
            return self._pairs(list(value.items()))
        if type(value) is int:
            return Big(str(value))
        if isinstance(value, type) and issubclass(value, InertObject):
            return Named(value.by)
        if isinstance(value, InertObject):
            return self._inert_object(value)
        raise MalformedError(f"a {type(value).__name__}")

    def _pairs(self, pairs: list[tuple[Any, Any]]) -> Pairs:
        return Pairs(
            self._values([key for key, _ in pairs]), [self._value(value, f"[{key!r}]"[:60]) for key, value in pairs]
        )

    def _inert_object(self, inert: InertObject) -> Node:
        if inert.by in pickled_values.PLAIN:
            return self._node(pickled_values.PLAIN[inert.by](inert))
        if inert.by in pickled_values.ARRAYS:
            return self._array(*pickled_values.ARRAYS[inert.by](inert))
        if inert.by == "numpy._core.multiarray.scalar":
            return Scalar(*pickled_values.scalar(inert))
        if inert.by == "numpy.dtype":
            return Dtype(dtype_code(inert))
        return self._object(inert)

    def _object(self, inert: InertObject) -> Object:
        name, arguments, state = pickled_values.class_and_state(inert)
        if self._package and name.partition(".")[0] == self._package:
            return self._own_object(name, inert, arguments, state)
        if not is_class(name):
            raise self._refuse(name, self.place())
        attributes = dict(zip(ARGUMENTS.get(name, ()), arguments, strict=False))
        if len(attributes) != len(arguments):
            raise MalformedError(f"a {name} made with {len(arguments)} arguments")
        attributes |= pickled_values.attributes(name, state)
        attributes |= {key: value for key, value in inert.pairs if type(key) is str}
        if inert.items:
            raise MalformedError(f"a {name} with items")
        kept = {key: value for key, value in attributes.items() if key not in DROPPED}
        return Object(name, {key: self._attribute(key, value) for key, value in kept.items()})

    def _own_object(self, name: str, inert: InertObject, arguments: tuple[Any, ...], state: Any) -> Object:
        """Return an object of an own class with its whole state; raises ModelFileError where a call would make it."""
        if arguments or inert.items or inert.pairs:
            raise ModelFileError(
                f"{self.place() or 'the model'} holds a {name[:100]} that is made by a call, and not from its state",
                hint=STATE,
            )
        found = pickled_values.attributes(name, state)
        return Object(name, {key: self._value(value, f".{key}") for key, value in found.items()})

    def _attribute(self, name: str, value: Any) -> Value:
        if name == "memory":
            return None  # a cache that only fitting uses
        if name not in OPTIONAL:
            return self._value(value, f".{name}")
        before = len(self._nodes)
        try:
            return self._value(value, f".{name}")
        except Exception:  # noqa: BLE001 - any refusal; the nodes written for it are removed
            del self._nodes[before:], self._path[len(self._path) :]
            self._known = {key: known for key, known in self._known.items() if known[0] < before}
            self._left_out.add(name)
            return None

    def place(self) -> str:
        """Return the path of the value being written, such as `steps[1][1].func`."""
        return "".join(self._path).removeprefix(".")

    def _array(self, code: str, shape: tuple[int, ...], fortran: bool, content: Any) -> Node:
        """Store an array's bytes and return their description; write the members of an array of objects."""
        if code == "O":
            return Objects(shape, self._values(content))
        node = Array(code, shape, fortran, self._size)
        self._arrays.append(content)
        self._size += len(content) + padding(len(content))
        return node
