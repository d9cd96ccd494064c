"""Writes pickles that Python's pickler cannot write: any name, called with any arguments; any state of any object."""

import io
import pickle
import tempfile
from pathlib import Path
from typing import Any, ClassVar

CANARY = str(Path(tempfile.mkdtemp(prefix="hostile-")) / "ran")
"""A file that every hostile call creates, which shows that code ran."""


class Named:
    """A global by name, which need not exist."""

    def __init__(self, path: str) -> None:
        self.module, _, self.name = path.rpartition(".")

    def __call__(self) -> None:
        """Python's pickler wants something callable."""


class Call:
    """A call of a name; then a state, and pairs of a dictionary."""

    def __init__(self, path: str, *arguments: Any, state: Any = None, pairs: Any = None) -> None:
        self.path, self.arguments, self.state, self.pairs = path, arguments, state, pairs

    def __reduce__(self) -> Any:
        pairs = None if self.pairs is None else iter(self.pairs.items())
        return Named(self.path), self.arguments, self.state, None, pairs


class Stateful:
    """An object pickled with another state than its own."""

    def __init__(self, path: str, state: Any, *arguments: Any) -> None:
        self.path, self.state, self.arguments = path, state, arguments

    def __reduce__(self) -> Any:
        return Named("copyreg.__newobj__"), (Named(self.path), *self.arguments), self.state


PYTHON_PICKLER: Any = pickle._Pickler


class Forger(PYTHON_PICKLER):  # type: ignore[misc]  # Python's own pickler is not typed
    """Python's pickler, which writes a Named as a global."""

    dispatch: ClassVar[dict[type, Any]] = dict(PYTHON_PICKLER.dispatch)

    def save_named(self, named: Named) -> None:
        self.write(pickle.GLOBAL + f"{named.module}\n{named.name}\n".encode())
        self.memoize(named)

    dispatch[Named] = save_named


def forge(thing: Any, protocol: int = 2) -> bytes:
    """Return a pickle of `thing`."""
    out = io.BytesIO()
    Forger(out, protocol).dump(thing)
    return out.getvalue()
