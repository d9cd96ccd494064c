"""Caches measurements until the measured code changes, so that a run can be interrupted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import fairlead.drift

KEPT = Path(".benchmarks/drift")
HERE = Path(__file__).parent
MEASURED = Path(fairlead.drift.__file__).parent
MEASURING = tuple(HERE / f"drift_{name}.py" for name in ("world", "traffic", "counts", "screen", "scenes", "plants"))


def kept(name: str, measure: Callable[[], Any]) -> Any:
    """Return a measurement as JSON, from the cache if the same code made it."""
    place = KEPT / f"{name}-{_code():08x}.json".replace(" ", "_")
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(measure()))
    return json.loads(place.read_text())


def _code() -> int:
    found = 0
    for path in (*sorted(MEASURED.glob("*.py")), *MEASURING):
        found = crc32(path.read_bytes(), found)
    return found
