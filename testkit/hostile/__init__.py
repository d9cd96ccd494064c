"""Hostile model files, made from valid ones: none may run code, crash, hang, or be accepted."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from testkit.hostile import bombs, boosters, calls, composed, damaged, streams, texts, writing
from testkit.hostile.models import NUMBERS


class Hostile(NamedTuple):
    """A hostile file, and rows for its model."""

    name: str
    make: Callable[[], bytes]
    rows: Any = NUMBERS


def corpus() -> Iterator[Hostile]:
    """Yield every named hostile file."""
    yield from (Hostile(name, make) for name, make in calls.files())
    for group in (composed.FILES, streams.FILES, bombs.FILES, boosters.FILES):
        yield from (Hostile(name, make) for name, make in group.items())
    yield from (Hostile(name, make, writing.X) for name, make in writing.FILES.items())
    yield from (Hostile(*file) for file in texts.files())
    yield from (Hostile(*file) for file in damaged.files())
