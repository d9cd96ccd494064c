"""Judges months of traffic without drift every quarter of an hour, and collects the false alarms."""

import functools
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.drift_counts import Counted
from benchmarks.drift_kept import kept
from benchmarks.drift_screen import Screen, moved, plain
from benchmarks.drift_traffic import DAY, HABITS, HISTORY_DAYS, Traffic
from benchmarks.drift_world import BASELINE_ROWS, World, baseline, world
from fairlead.drift import Counters, Judgement, Thresholds, judge
from fairlead.drift.counters import SLOT
from fairlead.model.baseline import Baseline

DAYS = 30
SLOTS_A_DAY = DAY // SLOT
STATED = 0.1
"""False alarms a month."""
HELD = 4
"""Quarters of an hour of drift before the alarm goes into ALARM, as in template.yaml."""
SIMPLER = 5
"""Months for simpler judges, which have alarms often enough."""
LEVELS = (1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5)

Judge = Callable[[Baseline, Counters], Judgement]


class Scene(NamedTuple):
    """One measurement: a data set, a habit, rows a day, the window in days, and the number of months."""

    data: str
    habit: str
    rows: int = 1_000
    window: int = 1
    months: int = 20

    @property
    def name(self) -> str:
        """The cache's key of its months."""
        return f"{self.data}-{self.habit}-{self.rows}-{self.window}"

    @property
    def words(self) -> str:
        """Its differences from the default measurement, as text."""
        rows = f", {self.rows:,} rows a day" if self.rows != 1_000 else ""
        days = f", window of {self.window} days" if self.window > 1 else ""
        data = "" if self.data == "penguins" else f" ({self.data.replace('_', ' ')})"
        return f"{self.habit}{rows}{days}{data}"

    @property
    def steady(self) -> bool:
        """Whether one window of a day looks like another, and holds more than a single batch."""
        habit = HABITS[self.habit]
        return self.window == 1 and not habit.weekend and habit.hours == (0, 24)


RINGING = ("large requests", "3 callers, each with its own rows", "other callers every day", "callers and hours")
"""Habits with alarms in their first months, which are measured longer."""
SCENES = (
    *(Scene("penguins", habit, months=40 if habit in RINGING else 20) for habit in HABITS),
    *(Scene("penguins", "callers and hours", rows=rows) for rows in (100, 10_000)),
    *(Scene("diabetes", habit) for habit in ("large requests", "callers and hours")),
    Scene("penguins", "other rows at weekends", window=7),
    Scene("penguins", "one batch a night", window=14),
)


class Month(NamedTuple):
    """One month with a baseline of its own.

    `rings` are the quarters of an hour whose window comes near an alarm, each with the least corrected p value among
    inputs with enough effect. The first window of each day is always judged: `enough` of them had enough data, in
    `answers` of them a label or score drifted; `worth` is the median of their effective rows.
    """

    rings: list[tuple[int, float]]
    enough: int
    answers: int
    worth: float

    def alarms(self, level: float = Thresholds().level, *, held: int = HELD) -> int:
        """Return the number of alarms on inputs at this level."""
        return alarms([quarter for quarter, p in self.rings if p <= level], held=held)


class Simpler(NamedTuple):
    """A month's alarms of simpler judges: of the index alone, and with Pearson's test that takes each row for one."""

    psi_alone: int
    plain: int


def alarms(quarters: Iterable[int], *, held: int = HELD) -> int:
    """Return how often drift lasts for `held` consecutive quarters; `quarters` with drift are in order."""
    found, lasted, before = 0, 0, -2
    for quarter in quarters:
        lasted = lasted + 1 if quarter == before + 1 else 1
        found += lasted == held
        before = quarter
    return found


def months(scene: Scene, most: int) -> list[Month]:
    """Return the measurement's months, or the first of them, from the cache if the same code measured them."""
    of = functools.cache(lambda: world(scene.data))
    seeds = range(min(most, scene.months))
    return [Month(*kept(f"{scene.name}-{seed}", functools.partial(_month, of, scene, seed))) for seed in seeds]


def simpler(scene: Scene, most: int) -> list[Simpler]:
    """A few of the scene's months, judged more simply."""
    of = functools.cache(lambda: world(scene.data))
    names = {f"{scene.name}-{seed}-simpler": seed for seed in range(min(most, SIMPLER))}
    return [Simpler(*kept(name, functools.partial(_simpler, of, scene, seed))) for name, seed in names.items()]


def _month(of: Callable[[], World], scene: Scene, seed: int) -> Month:
    return month(of(), scene, seed)


def month(of: World, scene: Scene, seed: int, *, judge: Judge = judge, days: int = DAYS) -> Month:
    """Measure one month; the result depends on the seed alone."""
    reference, counted = drawn(of, scene, seed, days)
    windows, slots = days * SLOTS_A_DAY, scene.window * SLOTS_A_DAY
    near = Screen(counted, moved(counted, windows, slots), slots).near(LEVELS[0])
    judged = {
        quarter: judge(reference, counted.window(quarter, slots))
        for quarter in sorted({*range(0, windows, SLOTS_A_DAY), *range(HELD), *near})
    }
    daily = [judgement for quarter, judgement in judged.items() if quarter % SLOTS_A_DAY == 0]
    enough = [judgement for judgement in daily if judgement.enough]
    worth = [float(np.median([one.effective_rows for one in judgement.findings])) for judgement in enough]
    return Month(
        [(quarter, p) for quarter, judgement in judged.items() if (p := _least(judgement)) <= LEVELS[0]],
        len(enough),
        sum(any(one.of != "input" and one.verdict == "drift" for one in judgement.findings) for judgement in daily),
        float(np.median(worth)) if worth else 0.0,
    )


def drawn(of: World, scene: Scene, seed: int, days: int) -> tuple[Baseline, Counted]:
    """A baseline, and traffic of so many days and a window."""
    traffic = Traffic(of, HABITS[scene.habit], scene.rows, np.random.default_rng(seed))
    reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
    return reference, Counted(of, reference, [traffic.day(number) for number in range(days + scene.window)])


def _simpler(of: Callable[[], World], scene: Scene, seed: int) -> Simpler:
    _, counted = drawn(of(), scene, seed, DAYS)
    windows, slots = DAYS * SLOTS_A_DAY, scene.window * SLOTS_A_DAY
    large = moved(counted, windows, slots)
    sure = plain(counted, windows, slots) <= Thresholds().level
    flags = (large.any(axis=1), (large & sure).any(axis=1))
    return Simpler(*(alarms(np.flatnonzero(one).tolist()) for one in flags))


def _least(judgement: Judgement) -> float:
    """Return the least corrected p value among inputs with enough effect, which decides at any level."""
    limits = Thresholds()
    found = [one.p for one in judgement.findings if one.of == "input" and one.psi >= limits.psi and one.p is not None]
    return min(found, default=1.0)
