"""Measures drift's power: known drifts are planted into traffic; on how many days, and how soon, are they found?

python -m benchmarks.drift_power [--days 30] [--figures docs/figures]

It prints the tables of docs/explanation/drift.md and draws its figure. Measurements are cached in .benchmarks/drift, so
a run can be interrupted.
"""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.drift_kept import kept
from benchmarks.drift_plants import PLANTS, SWAPPED, Plant, Planted
from benchmarks.drift_scenes import HELD, SLOTS_A_DAY, Judge
from benchmarks.drift_traffic import HABITS, Traffic
from benchmarks.drift_world import World, world
from benchmarks.options import drawing_parser, figures
from fairlead.drift import judge
from fairlead.drift.counters import SLOT

TRAFFIC = ("single rows, nothing alike", "40 callers, each with its own rows", "callers and hours")
ROWS = (100, 300, 1_000, 3_000)
SMALLEST_ROWS = (300, 1_000)
DAYS_A_BASELINE = 10
DELAYS = 20
"""Kinds of traffic for the measurement of delays."""
LONGEST = 24 * 3600 // SLOT
"""Slots of waiting after which the window holds nothing but drifted rows."""
SURE = 0.95
"""Share of days on which a control must be found: an input in another unit, in all of 1,000 single rows."""


class Power(NamedTuple):
    """Days, and those with the planted drift found in its input."""

    family: str
    size: str
    traffic: str
    rows: int
    days: int
    found: int


def main(arguments: Sequence[str] | None = None) -> None:
    from benchmarks import drift_plots

    options = drawing_parser(__doc__)
    options.add_argument("--days", type=int, default=30)
    args = options.parse_args(arguments)
    warnings.simplefilter("ignore")
    if args.smallest:
        powers = measure(DAYS_A_BASELINE, TRAFFIC[:1], SMALLEST_ROWS)
        waited = delays(TRAFFIC[:1], 1)
    else:
        powers = measure(args.days, TRAFFIC, ROWS)
        waited = delays(TRAFFIC, DELAYS)
    print_powers(powers)
    print_delays(waited)
    drawing = drift_plots.power(powers)
    if folder := figures(args):
        drift_plots.write(folder / "drift-power.svg", drawing)
    if broken := complaint(powers):
        raise SystemExit(broken)


def measure(days: int, habits: Sequence[str], volumes: Sequence[int]) -> list[Power]:
    """Plant every drift into so many days, for each traffic and volume."""
    of, found = world("penguins"), []
    for traffic in habits:
        for rows in volumes:
            name, measuring = f"powers-{traffic}-{rows}-{days}", partial(powers, of, traffic, rows, days)
            found += [Power(*one) for one in kept(name, measuring)]
    return found


def powers(
    of: World, traffic: str, rows: int, days: int, *, judge: Judge = judge, plants: Sequence[Plant] = PLANTS
) -> list[Power]:
    """Plant drifts into so many days of one traffic, each by itself."""
    verdicts: dict[Plant, list[str]] = {plant: [] for plant in plants}
    for seed in range(days // DAYS_A_BASELINE):
        planted = Planted(of, Traffic(of, HABITS[traffic], rows, np.random.default_rng(1_000 + seed)), DAYS_A_BASELINE)
        for plant in plants:
            for found in planted.findings(plant, range(0, DAYS_A_BASELINE * SLOTS_A_DAY, SLOTS_A_DAY), judge=judge):
                verdicts[plant].append(found.verdict)
    return [
        Power(plant.family, plant.size, traffic, rows, len(ones), ones.count("drift"))
        for plant, ones in verdicts.items()
    ]


def complaint(powers: Sequence[Power]) -> str | None:
    """Return an error text if even the control is not found."""
    control = next(one for one in powers if one[:4] == (*SWAPPED[:2], TRAFFIC[0], 1_000))
    if control.found >= SURE * control.days:
        return None
    return f"the judge is broken: of {control.days} days in another unit it found {control.found}"


def print_powers(powers: Sequence[Power]) -> None:
    """The table of powers: share of days on which the drift is found."""
    volumes = sorted({one.rows for one in powers})
    print(f"| planted | traffic | {' | '.join(f'{rows:,} rows' for rows in volumes)} |")
    print("|---|---|" + "--:|" * len(volumes))
    for plant in PLANTS:
        for traffic in dict.fromkeys(one.traffic for one in powers):
            line = [one for one in powers if one[:3] == (plant.family, plant.size, traffic)]
            shares = " | ".join(f"{one.found / one.days:.0%}" for one in line)
            print(f"| {plant.family}, {plant.size} | {traffic} | {shares} |")


def delays(habits: Sequence[str], count: int) -> dict[str, list[float]]:
    """Hours until the alarm on a unit that is swapped in all of 1,000 rows a day."""
    of = world("penguins")
    return {traffic: kept(f"delays-{traffic}-{count}", partial(_delays, of, traffic, count)) for traffic in habits}


def _delays(of: World, traffic: str, count: int) -> list[float]:
    return [delay(of, traffic, seed) for seed in range(count)]


def delay(of: World, habit: str, seed: int) -> float:
    """Return the hours until the alarm, from an hour of the second day on; infinite without an alarm."""
    planted = Planted(of, Traffic(of, HABITS[habit], 1_000, np.random.default_rng(seed)), 3)
    since = SLOTS_A_DAY + 4 * (8 + seed % 12)
    ends = range(since + 1, since + LONGEST + 1)
    findings = planted.findings(SWAPPED, [end - SLOTS_A_DAY for end in ends], since=since)
    lasted = 0
    for waited, found in enumerate(findings, start=1):
        lasted = lasted + 1 if found.verdict == "drift" else 0
        if lasted == HELD:
            return waited * SLOT / 3600
    return float("inf")


def print_delays(delays: dict[str, list[float]]) -> None:
    """The table of delays."""
    print("\n| traffic | in ALARM within a day | median hours | nine in ten within |\n|---|--:|--:|--:|")
    for traffic, hours in delays.items():
        median, most = np.quantile(hours, (0.5, 0.9), method="higher")
        print(f"| {traffic} | {np.isfinite(hours).mean():.0%} | {median:.1f} | {most:.1f} |")


if __name__ == "__main__":
    main()
