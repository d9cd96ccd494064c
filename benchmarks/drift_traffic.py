"""Simulates traffic without drift from real rows; the baseline is drawn from its long run.

The data sets have no callers and no hours, so both are simulated. The rows of a data set are put on a circle in
several orders: its file's order (digits by writer, penguins by island), and orders along random directions of its
inputs. A caller, an hour and a request each have a stretch of a circle and send rows from it, so their rows resemble
each other. Rows are drawn with replacement: the data set is the population.
"""

from typing import Any, NamedTuple

import numpy as np

from benchmarks.drift_world import ORDERS, Day, Indices, World

DAY = 86_400
HISTORY_DAYS = 60


class Habit(NamedTuple):
    """Traffic of callers. Widths are shares of a circle; 1 is the whole circle, so rows are independent.

    `callers` share the traffic unevenly (lognormal, `uneven`), and each sends more on one day than on another
    (`daily`); where `fresh`, each day has others. `request` is the median of rows in one, lognormal with `spread`. A
    `by_hour` part of requests comes from the hour's stretch, the others from the caller's. Callers are busy by day
    where `daytime`; on weekends they send little, and rows of one kind, where `weekend`.
    """

    callers: int = 100
    caller_width: float = 1.0
    fresh: bool = False
    uneven: float = 1.0
    daily: float = 0.3
    request: float = 1.0
    spread: float = 0.0
    request_width: float = 1.0
    by_hour: float = 0.0
    daytime: bool = False
    weekend: bool = False
    hours: tuple[int, int] = (0, 24)


HABITS = {
    "single rows, nothing alike": Habit(),
    "large requests": Habit(request=8, spread=1.4, request_width=0.1),
    "40 callers, each with its own rows": Habit(callers=40, caller_width=0.3, request=3, spread=1, request_width=0.1),
    "8 callers, each with its own rows": Habit(callers=8, caller_width=0.3, request=3, spread=1, request_width=0.1),
    "3 callers, each with its own rows": Habit(callers=3, caller_width=0.3, request=3, spread=1, request_width=0.1),
    "other callers every day": Habit(
        callers=40, caller_width=0.3, fresh=True, uneven=0.7, request=3, spread=1, request_width=0.1
    ),
    "one caller, rows change by hour": Habit(
        callers=1, request=3, spread=1, request_width=0.2, by_hour=0.6, daytime=True
    ),
    "callers and hours": Habit(
        callers=30, caller_width=0.4, request=5, spread=1.4, request_width=0.1, by_hour=0.5, daytime=True
    ),
    "other rows at weekends": Habit(
        callers=20, caller_width=0.5, request=3, spread=1, request_width=0.1, daytime=True, weekend=True
    ),
    "one batch a night": Habit(callers=1, request=300, spread=0.5, request_width=0.3, hours=(2, 3)),
}


class Traffic:
    """Days of traffic of one habit; its callers' stretches stay the same, unless they are fresh."""

    def __init__(self, world: World, habit: Habit, rows_a_day: int, generator: np.random.Generator) -> None:
        self._world, self._habit, self._rows, self._random = world, habit, rows_a_day, generator
        self._callers = self._drawn_callers()

    def day(self, number: int) -> Day:
        """Requests of one day."""
        habit, random = self._habit, self._random
        if habit.fresh:
            self._callers = self._drawn_callers()
        orders, starts, weights = self._callers
        weights = weights * random.lognormal(0, habit.daily, len(weights))
        quiet = habit.weekend and number % 7 >= 5
        sizes = self._sizes(self._rows * (0.3 if quiet else 1.0))
        callers = random.choice(len(weights), len(sizes), p=weights / weights.sum())
        seconds = self._seconds(len(sizes))
        order, start, width = orders[callers], starts[callers], np.full(len(sizes), habit.caller_width)
        hourly = random.random(len(sizes)) < habit.by_hour
        order[hourly], start[hourly], width[hourly] = 0, seconds[hourly] / DAY, 0.25
        if quiet:
            order[:], start[:], width[:] = 1, 0.0, 0.3
        middles = start + width * random.random(len(sizes))
        places = np.repeat(middles, sizes) + habit.request_width * random.random(sizes.sum())
        circle = np.stack(self._world.orders)
        rows = circle[np.repeat(order, sizes), (places % 1.0 * circle.shape[1]).astype(np.intp)]
        names = [f"{number if habit.fresh else ''}caller {caller}" for caller in callers]
        return Day(names, number * DAY + seconds, sizes, rows)

    def sample(self, days: int, rows: int) -> Indices:
        """Return rows drawn at random from many days, as a held-out set."""
        every = np.concatenate([self.day(number).rows for number in range(days)])
        return self._random.choice(every, rows)

    def _sizes(self, volume: float) -> Indices:
        """Rows of each request of a day."""
        habit = self._habit
        drawn = habit.request * self._random.lognormal(0, habit.spread, int(volume) + 1)
        sizes = np.clip(np.round(drawn), 1, 1_000).astype(np.intp)
        found: Indices = sizes[: 1 + np.searchsorted(np.cumsum(sizes), volume)]
        return found

    def _seconds(self, count: int) -> Indices:
        """Return the time of each request of a day."""
        first, last = self._habit.hours
        likely = np.ones((last - first) * 60)
        if self._habit.daytime:
            likely = 0.55 + 0.45 * np.sin(2 * np.pi * (np.linspace(first, last, len(likely)) / 24 - 0.3))
        minutes = self._random.choice(len(likely), count, p=likely / likely.sum())
        found: Indices = first * 3600 + minutes * 60 + self._random.integers(60, size=count)
        return found

    def _drawn_callers(self) -> tuple[Indices, Any, Any]:
        count, random = self._habit.callers, self._random
        return random.integers(ORDERS, size=count), random.random(count), random.lognormal(0, self._habit.uneven, count)
