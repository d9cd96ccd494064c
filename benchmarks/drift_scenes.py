"""Months of traffic without drift, judged again and again: what rings although nothing happened."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.drift_traffic import (
    BASELINE_ROWS,
    DAY,
    HABITS,
    HISTORY_DAYS,
    Traffic,
    World,
    baseline,
    counted,
    world,
)
from fairlead.baseline import Baseline
from fairlead.drift import Counters, Tally, Thresholds, judge
from fairlead.drift.cells import cells_of
from fairlead.drift.clusters import tables
from fairlead.drift.counters import SLOT
from fairlead.drift.distributions import f_tail, holm

KEPT = Path(".benchmarks/drift")
DAYS = 30
EVERY = 8  # hours between judgements: windows overlap, as a monitor's do
STATED = 0.1  # false alarms a month
LEVELS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005)


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


SCENES = (
    *(Scene("penguins", habit) for habit in HABITS),
    Scene("penguins", "other rows at weekends", window=7),
    Scene("penguins", "one batch a night", window=14),
    *(Scene("penguins", "callers and hours", rows=rows) for rows in (100, 10_000)),
    *(
        Scene(data, habit)
        for data in ("diabetes", "breast_cancer")
        for habit in ("large requests", "callers and hours")
    ),
)


class Seen(NamedTuple):
    """One judged window: the smallest corrected p among findings with enough effect, by way of judging.

    1 where there is none. `clustered` is the judge's own, `plain` Pearson's chi-square on all rows; `moved` whether any
    index alone is large enough; `effective` the median of effective rows.
    """

    enough: bool
    rows: int
    effective: float
    clustered: float
    plain: float
    moved: bool


def months(scene: Scene, count: int) -> list[list[Seen]]:
    """So many months of judged windows, kept from an earlier run where there was one."""
    place = KEPT / f"{'-'.join(map(str, scene))}-{count}.json".replace(" ", "_")
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        of = world(scene.data)
        place.write_text(json.dumps([list(month(of, scene, number)) for number in range(count)]))
    return [[Seen(*window) for window in one] for one in json.loads(place.read_text())]


def month(of: World, scene: Scene, seed: int) -> Iterator[Seen]:
    """One month with a baseline of its own, judged again and again."""
    traffic = Traffic(of, HABITS[scene.habit], scene.rows, np.random.default_rng(seed))
    reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
    whole = counted(of, Tally(reference), traffic, range(DAYS + scene.window))
    slots = {name: int(name.split("_")[0]) * SLOT for name in whole.clusters}
    for start in range(0, DAYS * DAY, EVERY * 3600):
        inside = {
            name: counts for name, counts in whole.clusters.items() if start <= slots[name] < start + scene.window * DAY
        }
        yield seen(reference, Counters(clusters=inside))


def seen(reference: Baseline, window: Counters) -> Seen:
    """Judge one window three ways."""
    limits = Thresholds()
    judgement = judge(reference, window)
    moved = [one for one in judgement.findings if one.psi >= limits.psi]
    plain = plain_p_values(reference, window)
    return Seen(
        enough=judgement.enough,
        rows=judgement.rows,
        effective=float(np.median([one.effective_rows for one in judgement.findings])),
        clustered=min((one.p for one in moved if one.p is not None), default=1.0),
        plain=min((plain[one.of, one.feature] for one in moved), default=1.0),
        moved=bool(moved),
    )


def plain_p_values(reference: Baseline, window: Counters) -> dict[tuple[str, Any], float]:
    """What Pearson's chi-square says where every row counts as independent, corrected as drift is."""
    things = cells_of(reference)
    found = []
    for one, table in zip(things, tables(things, window), strict=True):
        counts = np.array([table.totals, one.expected], dtype=float)
        counts = counts[:, counts.sum(axis=0) > 0]
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(1, counts.sum())
        freedom = max(1, counts.shape[1] - 1)
        statistic = float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
        found.append(f_tail(statistic / freedom, freedom, 1e9))
    return dict(zip([(one.of, one.name) for one in things], holm(found), strict=True))


def alarms(measured: Sequence[Sequence[Seen]], rings: Callable[[Seen], bool]) -> int:
    """How often an alarm would ring: a window that rings after one that does not."""
    series = [[False, *(rings(window) for window in month)] for month in measured]
    return sum(now and not before for one in series for before, now in itertools.pairwise(one))


def judged(window: Seen, level: float = Thresholds().level) -> bool:
    """Whether the judge rings at this level."""
    return window.clustered <= level


WAYS: dict[str, Callable[[Seen], bool]] = {
    "PSI alone": lambda window: window.moved,
    "PSI and χ² of rows": lambda window: window.plain <= Thresholds().level,
    "drift": judged,
}
Measured = Sequence[tuple[Scene, list[list[Seen]]]]
