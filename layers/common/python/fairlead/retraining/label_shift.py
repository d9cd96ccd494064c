"""Label shift: total variation between two samples of labels, and its expected value by chance alone."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

DECILES = 10
NO_SHIFT = math.sqrt(2 / math.pi)
"""Mean absolute value of a standard normal: the expected difference of two samples of one distribution, in standard
errors."""


class Bins:
    """Bins for counting labels: classes, or deciles of the champion's training values (of the first target)."""

    def __init__(self, target: Sequence[Any], *, numeric: bool) -> None:
        self._deciles = numeric
        values = sorted(_first(value) for value in target) if numeric else []
        self._edges = sorted({values[len(values) * part // DECILES] for part in range(1, DECILES)}) if values else []

    def shift(self, found: Sequence[Any], before: Sequence[Any]) -> tuple[float, float, str]:
        """Return the total variation, its expected value by chance, and the class or decile with the largest change."""
        here, there = self._shares(found), self._shares(before)
        names = sorted(set(here) | set(there), key=str)
        gaps = {name: here.get(name, 0.0) - there.get(name, 0.0) for name in names}
        rate = 1 / len(found) + 1 / len(before)
        spread = (math.sqrt(there.get(name, 0.0) * (1 - there.get(name, 0.0)) * rate) for name in names)
        most = max(names, key=lambda name: abs(gaps[name]))
        said = f"{most!r}" if not self._deciles else f"decile {most + 1}"
        return (
            sum(map(abs, gaps.values())) / 2,
            NO_SHIFT * sum(spread) / 2,
            f"{said}: {here.get(most, 0.0):.0%}, was {there.get(most, 0.0):.0%}",
        )

    def _shares(self, target: Sequence[Any]) -> dict[Any, float]:
        counts = Counter(self._place(value) for value in target)
        return {name: count / len(target) for name, count in counts.items()}

    def _place(self, value: Any) -> Any:
        if not self._deciles:
            return value
        return sum(edge <= _first(value) for edge in self._edges)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value
