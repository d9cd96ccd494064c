"""Measures broken inputs: false alarms in hours without a fault, and the delay when an input breaks.

python -m benchmarks.drift_breaking [--months N]

Prints the figures of docs/explanation/drift.md: the traffic of drift_false_alarms, and the swapped unit of drift_power.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.drift_counts import Counted, Table
from benchmarks.drift_plants import SWAPPED, Planted
from benchmarks.drift_power import DELAYS, LONGEST, TRAFFIC
from benchmarks.drift_scenes import DAYS, SCENES, SLOTS_A_DAY, Scene, drawn
from benchmarks.drift_traffic import HABITS, Traffic
from benchmarks.drift_world import World, world
from benchmarks.options import parser
from fairlead.drift import broken
from fairlead.drift.broken_inputs import FEWEST, MOST
from fairlead.drift.cells import Cells
from fairlead.model.baseline import Baseline

HOUR = 4
"""In slots of a quarter of an hour."""
RINGS = 1
"""Further quarters of an hour until the alarm has three datapoints."""


class Hours(NamedTuple):
    """Hours, one ending at every quarter of an hour: how many had enough rows, and which inputs broke in which."""

    hours: int
    enough: int
    broken: dict[int, str]


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser(__doc__)
    options.add_argument("--months", type=int, default=10, help="of each kind of traffic")
    args = options.parse_args(arguments)
    scenes, months, days, delays = (SCENES, args.months, DAYS, DELAYS)
    if args.smallest:
        scenes, months, days, delays = SCENES[:1], 1, 1, 1
    warnings.simplefilter("ignore")
    worlds = {name: world(name) for name in {scene.data for scene in scenes}}
    print("| traffic | hours | with enough rows | in which something broke |\n|---|--:|--:|--:|")
    for scene in scenes:
        if scene.window > 1:  # the same traffic again
            continue
        found = [month(worlds[scene.data], scene, seed, days=days) for seed in range(months)]
        hours, enough = (sum(getattr(one, name) for one in found) for name in ("hours", "enough"))
        print(
            f"| {scene.words} | {hours:,} | {enough / hours:.0%} | {sum(len(one.broken) for one in found)} |",
            flush=True,
        )
    print("\n| another unit in all of 1,000 rows a day | in ALARM | median hours | slowest |\n|---|--:|--:|--:|")
    for traffic in TRAFFIC:
        waited = np.sort([delay(worlds["penguins"], traffic, seed) for seed in range(delays)])
        print(
            f"| {traffic} | {np.isfinite(waited).mean():.0%} | {np.median(waited):.2f} | {waited[-1]:.2f} |", flush=True
        )


def month(of: World, scene: Scene, seed: int, *, days: int = DAYS) -> Hours:
    """Judge every hour of a month in which nothing changes."""
    reference, counted = drawn(of, scene, seed, days)
    hours = days * SLOTS_A_DAY
    rows = [by_hour(counted, table, hours) for table in counted.tables]
    inputs = [(cells, some) for cells, some in zip(counted.things, rows, strict=True) if cells.of == "input"]
    near = np.any([strange(cells, some) >= MOST / 2 for cells, some in inputs], axis=0)
    return Hours(
        hours,
        int(np.sum(np.max([some.sum(axis=1) for _, some in inputs], axis=0) >= FEWEST)),
        {first: said for first in np.flatnonzero(near).tolist() if (said := _said(reference, counted, first))},
    )


def strange(cells: Cells, rows: Table) -> np.ndarray:
    """Return by hour the share of unusual rows, minus their share in the baseline."""
    which = [*cells.outside, cells.missing]
    before = sum(cells.expected[cell] for cell in which) / sum(cells.expected)
    shares: np.ndarray = rows[:, which].sum(axis=1) / np.maximum(rows.sum(axis=1), 1) - before
    return shares


def _said(reference: Baseline, counted: Counted, first: int) -> str:
    return ", ".join(one.feature for one in broken(reference, counted.window(first, HOUR)) or ())


def by_hour(counted: Counted, table: Table, hours: int) -> Table:
    """Return rows by cell in each hour; the hours begin a quarter of an hour apart."""
    slots = np.zeros((hours + HOUR + 1, table.shape[1]), dtype=np.intp)
    within = counted.slots < hours + HOUR
    np.add.at(slots, counted.slots[within] + 1, table[within])
    until = slots.cumsum(axis=0)
    return np.asarray(until[HOUR : hours + HOUR] - until[:hours])


def delay(of: World, habit: str, seed: int) -> float:
    """Return the hours until the alarm, from an hour of the second day on; infinite without an alarm."""
    planted = Planted(of, Traffic(of, HABITS[habit], 1_000, np.random.default_rng(seed)), 3)
    since = SLOTS_A_DAY + 4 * (8 + seed % 12)
    ends: Sequence[int] = range(since + 1, since + LONGEST + 1)
    for end, window in zip(
        ends, planted.windows(SWAPPED, [end - HOUR for end in ends], HOUR, since=since), strict=True
    ):
        if broken(planted.reference, window):
            return (end - since + RINGS) / HOUR
    return float("inf")


if __name__ == "__main__":
    main()
