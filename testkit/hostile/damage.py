"""Damages a fitted estimator: every array and number at every depth, in each way that can matter."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fairlead.engines.native_state import state_of

FAR = 2**40
"""Far outside every array: a read there crashes the process, so the test sees it."""


@dataclass(frozen=True)
class Damage:
    """One way to damage one place of an estimator."""

    place: str
    kind: str
    apply: Callable[[Any], Any]
    """Damages an estimator in place and returns it."""

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}"


Path = tuple[tuple[str, Any], ...]
COMPILED = {"Tree": lambda state: (state["n_features"], state["n_classes"], state["n_outputs"])}


def damages(estimator: Any, kinds: frozenset[str] | None = None) -> Iterator[Damage]:
    """Yield all damages of a fitted estimator."""
    for path, value in _places(estimator, (), {id(estimator)}):
        for kind, wrong in wrongs(value):
            if kinds is None or kind in kinds:
                yield Damage(_path_text(path), kind, partial(_put, path=path, wrong=wrong))


def _path_text(path: Path) -> str:
    return "".join(f"[{key!r}]" if how == "item" else f".{key}" for how, key in path)


def _places(part: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, Any]]:
    for step, member in _members(part):
        here = (*path, step)
        if isinstance(member, (np.ndarray, np.generic, int, float, list, tuple)) and not isinstance(member, bool):
            yield here, member
        if id(member) not in seen:
            seen.add(id(member))
            yield from _places(member, here, seen)


def _members(part: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    if isinstance(part, dict):
        yield from ((("item", key), value) for key, value in list(part.items())[:3])
    elif isinstance(part, (list, tuple)):
        yield from ((("item", index), value) for index, value in list(enumerate(part))[:2])
    elif isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            yield from ((("flat", index), value) for index, value in list(enumerate(part.flat))[:2])
        elif part.dtype.names:
            yield from ((("field", name), part[name]) for name in part.dtype.names)
    elif _is_library(part):
        yield from ((("state", name), value) for name, value in (state_of(part) or {}).items())


def _is_library(part: Any) -> bool:
    known = type(part).__module__.partition(".")[0] in ("sklearn", "scipy")
    return known and not isinstance(part, type) and not inspect.isroutine(part)


def _put(root: Any, path: Path, wrong: Any) -> Any:
    """Put a wrong value at a path, and rebuild every compiled object or tuple on the way."""
    if not path:
        return wrong
    (how, key), rest = path[0], path[1:]
    if how == "field":
        changed = root.copy()
        with np.errstate(all="ignore"):
            changed[key] = np.resize(wrong, root.shape).astype(root.dtype[key], casting="unsafe")
        return changed
    if how == "flat":
        changed = root.copy()
        changed.flat[key] = _put(root.flat[key], rest, wrong)
        return changed
    if how == "item":
        held = list(root) if isinstance(root, (list, tuple)) else dict(root)
        held[key] = _put(held[key], rest, wrong)
        return tuple(held) if isinstance(root, tuple) else held
    return _rebuilt(root, key, rest, wrong)


def _rebuilt(root: Any, name: str, rest: Path, wrong: Any) -> Any:
    state = dict(state_of(root) or {})
    state[name] = _put(state[name], rest, wrong)
    if state_of(root) is getattr(root, "__dict__", None):
        changed = copy.copy(root)
        changed.__dict__[name] = state[name]
        return changed
    return made(type(root), state)


def made(kind: type, state: Mapping[str, Any]) -> Any:
    """Return a compiled object made from a state, as unpickling makes it."""
    arguments = COMPILED.get(kind.__name__, lambda _: ())(state)
    compiled = kind.__new__(kind, *arguments)
    if kind.__name__ == "Tree":
        compiled.__setstate__({key: state[key] for key in ("max_depth", "node_count", "nodes", "values")})
    else:
        compiled.__setstate__(tuple(state.values()))
    return compiled


def wrongs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every wrong value in place of a right one, with its kind."""
    if isinstance(value, np.ndarray):
        yield from _wrong_arrays(value)
    elif isinstance(value, (list, tuple)):
        kind = type(value) if type(value) in (list, tuple) else tuple
        yield "shorter", kind(value[: len(value) // 2])
        yield "longer", kind([*value, *value[-1:]])
    else:
        yield "huge", type(value)(2**31 - 1)
        yield "negative", type(value)(-1) if not isinstance(value, np.unsignedinteger) else value
        yield "zero", type(value)(0)
        yield "one more", type(value)(value + 1)


def _wrong_arrays(array: np.ndarray[Any, Any]) -> Iterator[tuple[str, Any]]:
    yield "empty", array[:0]
    yield "shorter", array[: len(array) // 2] if array.ndim else array
    if array.ndim and array.size:
        yield "longer", np.concatenate([array, array])
        yield "reversed", np.ascontiguousarray(array[::-1])
    if array.ndim > 1:
        yield "narrower", np.ascontiguousarray(array[:, : array.shape[1] // 2])
        yield "turned", np.ascontiguousarray(array.T)
    if array.dtype.kind not in "iuf" or not array.size:
        return
    yield "one dimension more", array[..., None]
    top = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else FAR
    for kind, number in (("huge", min(top, FAR)), ("negative", -1), ("far negative", -FAR), ("zero", 0), ("one", 1)):
        if number < 0 and array.dtype.kind == "u":
            continue
        with np.errstate(all="ignore"):
            yield f"all {kind}", np.full_like(array, max(number, np.iinfo(array.dtype).min) if top != FAR else number)
            last = array.copy()
            last.flat[-1] = max(number, np.iinfo(array.dtype).min) if top != FAR else number
        yield f"last {kind}", last
