"""Known drifts, planted into days of traffic without any."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.drift_counts import Counted, cells_by_row
from benchmarks.drift_scenes import SLOTS_A_DAY, Judge
from benchmarks.drift_traffic import HISTORY_DAYS, Traffic
from benchmarks.drift_world import BASELINE_ROWS, World, baseline
from fairlead.drift import Counters, DriftFinding, judge
from fairlead.drift.counters import Counts


class Plant(NamedTuple):
    """A drift of one input of the penguins: `family` is what it is, `size` how much of it, in this share of rows."""

    family: str
    size: str
    feature: str
    change: Callable[[Any], Any]
    share: float = 1.0


def _shift(deviations: float) -> Callable[[Any], Any]:
    step = deviations * 14.06  # the standard deviation of flipper_length_mm
    return lambda value: None if value is None else value + step


PLANTS = (
    *(Plant("shift", f"{size:g} sd", "flipper_length_mm", _shift(size)) for size in (0.25, 0.5, 1.0)),
    *(Plant("new category", f"{share:.0%}", "island", lambda _: "Elsewhere", share) for share in (0.05, 0.1, 0.2)),
    *(Plant("missing", f"{share:.0%}", "bill_length_mm", lambda _: None, share) for share in (0.05, 0.1, 0.2)),
    *(
        Plant("swapped unit", f"{share:.0%}", "body_mass_g", lambda g: g and g / 1000, share)
        for share in (0.05, 0.1, 1)
    ),
)
SWAPPED = PLANTS[-1]


class Planted:
    """Some days of one traffic against a baseline of its own; answers stay as they were."""

    def __init__(self, of: World, traffic: Traffic, days: int) -> None:
        self._world = of
        self._random = np.random.default_rng(7)
        self.reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
        self._counted = Counted(of, self.reference, [traffic.day(number) for number in range(days)])

    def findings(
        self, plant: Plant, quarters: Sequence[int], *, since: int = 0, judge: Judge = judge
    ) -> Iterator[DriftFinding]:
        """Return findings of the planted input in the days that begin at these quarters; drift begins at `since`."""
        for window in self.windows(plant, quarters, SLOTS_A_DAY, since=since):
            findings = judge(self.reference, window).findings
            yield next(one for one in findings if one.feature == plant.feature)

    def windows(self, plant: Plant, quarters: Sequence[int], slots: int, *, since: int = 0) -> Iterator[Counters]:
        """Return the counters of the slots from each of these quarters on; drift begins at `since`."""
        place, counts = self._planted(plant, since)
        for quarter in quarters:
            yield self._counted.window(quarter, slots, instead={place: counts})

    def _planted(self, plant: Plant, since: int) -> tuple[int, list[Counts]]:
        at = [field.name for field in self._world.signature.inputs].index(plant.feature)
        rows = [(*row[:at], plant.change(row[at]), *row[at + 1 :]) for row in self._world.rows]
        usual, changed = (
            cells_by_row(one, self.reference, self._counted.things)[at]
            for one in (self._world, self._world._replace(rows=rows))
        )
        before, after = self._counted.drawn(usual), self._counted.drawn(changed)
        hit = (self._random.random(len(before)) < plant.share) & (self._counted.row_slots >= since)
        return at, self._counted.keyed(at, self._counted.summed(at, np.where(hit, after, before)))
