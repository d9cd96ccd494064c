"""Time series: values on a grid of equal periods, some of them missing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Grid:
    """`count` periods of `period` seconds from `start`, in epoch seconds; a point has the start time of its period."""

    start: int
    period: int
    count: int

    @classmethod
    def until(cls, end: int, period: int, count: int) -> Self:
        """Return the grid whose last period ends there."""
        return cls(end - period * count, period, count)

    @property
    def times(self) -> range:
        """The start of each period, oldest first."""
        return range(self.start, self.start + self.period * self.count, self.period)


@dataclass(frozen=True)
class Series:
    """Points by time; other times have no value."""

    grid: Grid
    points: dict[int, float]

    @classmethod
    def of(cls, grid: Grid, points: Iterable[tuple[int, float | None]]) -> Self:
        """Return a series without points that are None or not finite."""
        return cls(grid, {at: value for at, value in points if value is not None and math.isfinite(value)})
