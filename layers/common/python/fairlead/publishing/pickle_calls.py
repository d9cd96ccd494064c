"""What constructors may be called with, and what may be hashed: the rest would fill memory or never end."""

from collections.abc import Callable
from typing import Any

from fairlead.publishing.pickle_names import DTYPE, Name
from fairlead.publishing.pickle_values import Items, Made, MalformedError

BASES = frozenset({"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "str"})
RECONSTRUCTOR = Name("copyreg", "_reconstructor")

Arguments = tuple[Any, ...]


def harmless(by: Name, arguments: Arguments) -> bool:
    """Whether a callable gets what estimators give it; one without a rule of its own takes anything."""
    rule = RULES.get(by) or MODULE_RULES.get(by.module)
    return rule is None or rule(arguments)


def _literals(arguments: Arguments) -> bool:
    """Nothing that was made on the way: a range iterates for ever."""
    return not any(isinstance(value, Made) and value.by.module == "builtins" for value in arguments)


def _bytes_as_text(arguments: Arguments) -> bool:
    return len(arguments) == 2 and isinstance(arguments[0], str) and arguments[1] == "latin1"


def _plain_object(arguments: Arguments) -> bool:
    base = arguments[1] if len(arguments) == 3 else None
    return isinstance(base, Name) and base.module == "builtins" and base.name in BASES


def _copied_dtype(arguments: Arguments) -> bool:
    return len(arguments) == 3 and isinstance(arguments[0], str) and not arguments[1] and bool(arguments[2])


RULES: dict[Name, Callable[[Arguments], bool]] = {
    Name("_codecs", "encode"): _bytes_as_text,
    RECONSTRUCTOR: _plain_object,
    Name("builtins", "bytearray"): lambda arguments: all(isinstance(value, (bytes, str)) for value in arguments),
    Name("builtins", "bytes"): lambda arguments: arguments == (),
    # Arrays are made empty: their shape, (0,) always, is an argument, and the state brings the real one.
    Name("numpy._core.multiarray", "_reconstruct"): lambda arguments: arguments[1:2] == ((0,),),
    Name("numpy.ma.core", "_mareconstruct"): lambda arguments: arguments[2:3] == ((0,),),
    DTYPE: _copied_dtype,
}
ITERATING = ("builtins", "collections", "pandas", "pandas.arrays")
MODULE_RULES: dict[str, Callable[[Arguments], bool]] = dict.fromkeys(ITERATING, _literals)


def paired(flat: list[Any]) -> list[Any]:
    """Keys and values in turn, as pairs."""
    if len(flat) % 2:
        raise MalformedError("a dictionary with half a pair")
    return list(zip(hashable(flat[::2]), flat[1::2], strict=True))


def hashable(values: list[Any]) -> list[Any]:
    """Values that become keys, checked: they are hashed, and hashing a tuple of tuples of tuples … never ends."""
    for value in values:
        if isinstance(value, tuple) and any(isinstance(part, tuple) and not _flat(part) for part in value):
            raise MalformedError("keys nested too deeply")
        if isinstance(value, Items) and value.kind != "set":
            raise MalformedError("a key that cannot be one")
    return values


def _flat(value: tuple[Any, ...]) -> bool:
    return not any(isinstance(part, (tuple, Items)) for part in value)
