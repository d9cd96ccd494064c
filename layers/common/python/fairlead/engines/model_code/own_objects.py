"""Make objects of a package's classes from their state, as pickle does: without `__init__`, by `__setstate__` if any.

The state is data. What would need a call to be made again is refused: the data form has no calls.
"""

from typing import Any

from fairlead.errors import ModelCodeError, one_line

CALLS = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__")
STATE = "keep the object's state in plain attributes; __getstate__ and __setstate__ may translate it"


def own_object(kind: Any, state: dict[str, Any]) -> Any:
    """Return an object of a package's class; raises ModelCodeError for a class that state alone does not restore."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if not isinstance(kind, type):
        raise ModelCodeError(f"{name} is no class", hint=STATE)
    if found := [call for call in CALLS if _defines(kind, call)]:
        raise ModelCodeError(f"{name} is made by a call, of its {found[0]}, and not from state", hint=STATE)
    try:
        made: Any = object.__new__(kind)
        if _defines(kind, "__setstate__"):
            made.__setstate__(state)
            return made
        for attribute, value in state.items():
            object.__setattr__(made, attribute, value)
    except Exception as error:  # a class may raise any exception
        raise ModelCodeError(
            f"a {name} cannot be restored from its state: {one_line(error, 200, named=True)}", hint=STATE
        ) from error
    return made


def _defines(kind: type[Any], method: str) -> bool:
    """Return whether a class, or a base class of its package, defines a method itself."""
    top = kind.__module__.partition(".")[0]
    return any(method in vars(base) for base in kind.__mro__ if base.__module__.partition(".")[0] == top)
