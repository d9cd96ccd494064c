"""Measures drift's false alarms on months of traffic without drift, judged as the monitor does.

python -m benchmarks.drift_false_alarms [--months N] [--figures docs/figures]

It prints the table of docs/explanation/drift.md and draws its figure. Measurements are cached in .benchmarks/drift, so
a run can be interrupted.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks import drift_plots
from benchmarks.drift_intervals import interval
from benchmarks.drift_scenes import DAYS, HELD, LEVELS, SCENES, STATED, Month, Scene, Simpler, months, simpler
from benchmarks.options import drawing_parser, figures


class Measured(NamedTuple):
    """A kind of traffic with its months."""

    scene: Scene
    months: list[Month]
    simpler: list[Simpler]


def main(arguments: Sequence[str] | None = None) -> None:
    options = drawing_parser(__doc__)
    options.add_argument("--months", type=int, default=40, help="fewer, to try it")
    args = options.parse_args(arguments)
    scenes, most = (SCENES[:1], 1) if args.smallest else (SCENES, args.months)
    warnings.simplefilter("ignore")
    print("| traffic | days | too little data | worth, rows | PSI alone | PSI and χ² of rows | drift (95 % interval) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    measured: list[Measured] = []
    for scene in scenes:
        measured.append(Measured(scene, months(scene, most), simpler(scene, most)))
        print(line(measured[-1]), flush=True)
    print(summary(measured))
    drawing = drift_plots.rates(measured)
    if folder := figures(args):
        drift_plots.write(folder / "drift-false-alarms.svg", drawing)
    if broken := complaint(measured):
        raise SystemExit(broken)


def line(measured: Measured) -> str:
    """One line of the table; rates are alarms a month."""
    scene, months, simpler = measured
    days = DAYS * len(months)
    worth = float(np.median([one.worth for one in months if one.worth] or [0.0]))
    counts = [one.alarms() for one in months]
    low, high = interval(counts)
    return (
        f"| {scene.words} | {days:,} | {1 - sum(one.enough for one in months) / days:.0%} | {worth:,.0f} "
        f"| {np.mean([one.psi_alone for one in simpler]):.1f} | {np.mean([one.plain for one in simpler]):.1f} "
        f"| {np.mean(counts):.2f} ({low:.2f} to {high:.2f}) |"
    )


def summary(measured: Sequence[Measured]) -> str:
    """All months without drift together: other levels, no waiting, and drift of answers."""
    together = _steady(measured)
    lines = ["\n| level | waits, quarters | months | alarms | a month (95 % interval) |", "|--:|--:|--:|--:|--:|"]
    for level in LEVELS:
        for held in (1, HELD):
            counts = [one.alarms(level, held=held) for one in together]
            rate = "{:.3f} ({:.3f} to {:.3f})".format(np.mean(counts), *interval(counts))
            lines.append(f"| {level:g} | {held} | {len(counts)} | {sum(counts)} | {rate} |")
    answers = sum(one.answers for one in together)
    return "\n".join([*lines, f"\ndays on which an answer drifted: {answers} of {DAYS * len(together):,}"])


def complaint(measured: Sequence[Measured]) -> str | None:
    """Return an error text if the interval proves that some traffic, or all together, misses the aim."""
    counted = {one.scene.words: [month.alarms() for month in one.months] for one in measured if one.scene.steady}
    for words, counts in {**counted, "all traffic": [month.alarms() for month in _steady(measured)]}.items():
        if interval(counts)[0] > STATED:
            rang = f"{words} had {sum(counts)} in {len(counts)} months"
            return f"more than {STATED:g} false alarms a month: {rang}"
    return None


def _steady(measured: Sequence[Measured]) -> list[Month]:
    """Months of all scenes in which a day looks like the baseline."""
    return [month for one in measured if one.scene.steady for month in one.months]


if __name__ == "__main__":
    main()
