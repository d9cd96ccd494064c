"""A metric or expression over time: values on a grid of equal periods, some of them missing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Grid:
    """`count` periods of so many seconds from `start`, in epoch seconds; a point is named by its period's begin."""

    start: int
    period: int
    count: int

    @classmethod
    def until(cls, end: int, period: int, count: int) -> Self:
        """The grid whose last period ends there."""
        return cls(end - period * count, period, count)

    @property
    def times(self) -> range:
        """The begin of each period, oldest first."""
        return range(self.start, self.start + self.period * self.count, self.period)


@dataclass(frozen=True)
class Series:
    """Points by time; what is not there is missing."""

    grid: Grid
    points: dict[int, float]

    @classmethod
    def of(cls, grid: Grid, points: Iterable[tuple[int, float | None]]) -> Self:
        """A series without the points that came to nothing (None, a division by zero)."""
        return cls(grid, {at: value for at, value in points if value is not None and math.isfinite(value)})
