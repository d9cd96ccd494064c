"""Months of traffic without drift, judged every quarter of an hour: what rings although nothing happened."""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.drift_counts import Counted
from benchmarks.drift_kept import kept
from benchmarks.drift_screen import Flags, screened, uncorrected
from benchmarks.drift_traffic import DAY, HABITS, HISTORY_DAYS, Traffic
from benchmarks.drift_world import BASELINE_ROWS, World, baseline, world
from fairlead.baseline import Baseline
from fairlead.drift import Counters, Judgement, Thresholds, judge
from fairlead.drift.counters import SLOT

DAYS = 30
SLOTS_A_DAY = DAY // SLOT
STATED = 0.1
"""False alarms a month."""
STEP = 16
"""Quarters of an hour between windows that are looked at in any case."""
NEAR = 0.02
"""An uncorrected p value from which on the windows between two such are looked at too."""
LEVELS = (1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5)

Judge = Callable[[Baseline, Counters], Judgement]


class Scene(NamedTuple):
    """What is measured: a data set, a habit, rows a day, and the window in days."""

    data: str
    habit: str
    rows: int = 1_000
    window: int = 1

    @property
    def words(self) -> str:
        """What is unusual of it."""
        rows = f", {self.rows:,} rows a day" if self.rows != 1_000 else ""
        days = f", window of {self.window} days" if self.window > 1 else ""
        data = "" if self.data == "penguins" else f" ({self.data.replace('_', ' ')})"
        return f"{self.habit}{rows}{days}{data}"

    @property
    def steady(self) -> bool:
        """Whether one window of a day looks like another, and holds more than a single batch."""
        habit = HABITS[self.habit]
        return self.window == 1 and not habit.weekend and habit.hours == (0, 24)


SCENES = (
    *(Scene("penguins", habit) for habit in HABITS),
    *(Scene("penguins", "callers and hours", rows=rows) for rows in (100, 10_000)),
    *(Scene("diabetes", habit) for habit in ("large requests", "callers and hours")),
    Scene("penguins", "other rows at weekends", window=7),
    Scene("penguins", "one batch a night", window=14),
)


class Month(NamedTuple):
    """One month with a baseline of its own.

    `rings` are the quarters of an hour whose window comes near, each with the least corrected p value among inputs with
    enough effect. `psi_alone` and `plain` count alarms of an index without evidence, and of one with Pearson's test of
    single rows. The first window of each day was judged whatever the others said: `enough` of them had enough data,
    in `answers` of them a label or score drifted; `worth` are their effective rows (the median).
    """

    rings: list[tuple[int, float]]
    psi_alone: int
    plain: int
    enough: int
    answers: int
    worth: float

    def alarms(self, level: float = Thresholds().level) -> int:
        """How often the alarm on inputs would ring at this level: quarters that ring after one that does not."""
        found = [quarter for quarter, p in self.rings if p <= level]
        return sum(1 for before, at in itertools.pairwise([-2, *found]) if at > before + 1)


def months(scene: Scene, count: int) -> list[Month]:
    """So many months of judged windows, kept from an earlier run of the same code where there was one."""
    of = functools.cache(lambda: world(scene.data))
    name = "-".join(map(str, scene))
    return [Month(*kept(f"{name}-{seed}", functools.partial(_month, of, scene, seed))) for seed in range(count)]


def _month(of: Callable[[], World], scene: Scene, seed: int) -> Month:
    return month(of(), scene, seed)


def month(of: World, scene: Scene, seed: int, *, judge: Judge = judge, days: int = DAYS) -> Month:
    """Measure one month; whatever it holds hangs on the seed alone."""
    traffic = Traffic(of, HABITS[scene.habit], scene.rows, np.random.default_rng(seed))
    reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
    counted = Counted(of, reference, [traffic.day(number) for number in range(days + scene.window)])
    windows, slots = days * SLOTS_A_DAY, scene.window * SLOTS_A_DAY
    screen = screened(counted, windows, slots)
    near = Looking(counted, screen.moved, slots).near()
    judged = {
        quarter: judge(reference, counted.window(quarter, slots))
        for quarter in sorted({*range(0, windows, SLOTS_A_DAY), *near})
    }
    daily = [judgement for quarter, judgement in judged.items() if quarter % SLOTS_A_DAY == 0]
    enough = [judgement for judgement in daily if judgement.enough]
    worth = [float(np.median([one.effective_rows for one in judgement.findings])) for judgement in enough]
    return Month(
        [(quarter, p) for quarter, judgement in judged.items() if (p := _least(judgement)) <= LEVELS[0]],
        _alarms(screen.moved.any(axis=1)),
        _alarms((screen.moved & (screen.plain <= Thresholds().level)).any(axis=1)),
        len(enough),
        sum(any(one.of != "input" and one.verdict == "drift" for one in judgement.findings) for judgement in daily),
        float(np.median(worth)) if worth else 0.0,
    )


class Looking:
    """Looks for windows that may ring, by p values before correction.

    Windows of a day share most of their rows with those some hours on: where both are far from ringing, what lies
    between is not looked at.
    """

    def __init__(self, counted: Counted, moved: Flags, slots: int) -> None:
        self._counted, self._moved, self._slots = counted, moved, slots
        self._looked: dict[tuple[int, int], float] = {}

    def near(self) -> list[int]:
        """Quarters that may ring at the largest level."""
        last = len(self._moved) - 1
        for start in range(0, last, STEP):
            self._between(start, min(start + STEP, last))
        return [at for (at, place), p in self._looked.items() if p <= LEVELS[0] and self._moved[at, place]]

    def _between(self, start: int, end: int) -> None:
        moved = np.flatnonzero(self._moved[start : end + 1].any(axis=0)).tolist()
        least = min((self._p(at, place) for place in moved for at in (start, end)), default=1.0)
        if least <= NEAR and end > start + 1:
            middle = (start + end) // 2
            self._between(start, middle)
            self._between(middle, end)

    def _p(self, quarter: int, place: int) -> float:
        if (quarter, place) not in self._looked:
            self._looked[quarter, place] = uncorrected(self._counted, place, quarter, self._slots)
        return self._looked[quarter, place]


def _least(judgement: Judgement) -> float:
    """The least corrected p value among inputs with enough effect: what decides at any level."""
    limits = Thresholds()
    found = [one.p for one in judgement.findings if one.of == "input" and one.psi >= limits.psi and one.p is not None]
    return min(found, default=1.0)


def _alarms(rings: Flags) -> int:
    """How often a window rings after one that does not."""
    return int(rings[0]) + int((rings[1:] & ~rings[:-1]).sum())


def interval(counts: Sequence[int]) -> tuple[float, float]:
    """95 % interval of the mean of counts, exact for Poisson's (Garwood, Biometrika 28, 1936).

    Alarms of one month may come together; where counts vary more than Poisson's do, the interval is as much wider
    (quasi-likelihood: McCullagh, Nelder, Generalized Linear Models, 1989).
    """
    from scipy.stats import chi2

    whole, months = sum(counts), len(counts)
    spread = max(1.0, float(np.var(counts, ddof=1)) * months / whole) if whole and months > 1 else 1.0
    alike = whole / spread
    low = chi2.ppf(0.025, 2 * alike) / 2 if whole else 0.0
    return float(low) * spread / months, float(chi2.ppf(0.975, 2 * alike + 2)) / 2 * spread / months
