"""How often drift cries wolf: months of traffic without drift, judged as the monitor does.

python -m benchmarks.drift_false_alarms [--months 40] [--figures docs/figures]

Prints the table of docs/monitoring.md and draws its figure. What was measured is kept in .benchmarks/drift, so that it
can be interrupted.
"""

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import drift_plots
from benchmarks.drift_scenes import DAYS, LEVELS, SCENES, STATED, Month, Scene, interval, months

Measured = Sequence[tuple[Scene, list[Month]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=40)
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| traffic | days | too little data | worth, rows | PSI alone | PSI and χ² of rows | drift (95 % interval) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    measured = []
    for scene in SCENES:
        measured.append((scene, months(scene, asked.months)))
        print(line(*measured[-1]), flush=True)
    print(summary(measured))
    drift_plots.write(asked.figures / "drift-false-alarms.svg", drift_plots.rates(measured))
    if broken := complaint(measured):
        raise SystemExit(broken)


def line(scene: Scene, measured: Sequence[Month]) -> str:
    """One line of the table; rates are alarms a month."""
    days = DAYS * len(measured)
    enough = sum(one.enough for one in measured)
    worth = float(np.median([one.worth for one in measured if one.worth] or [0.0]))
    psi, plain = (np.mean([getattr(one, name) for one in measured]) for name in ("psi_alone", "plain"))
    counts = [one.alarms() for one in measured]
    low, high = interval(counts)
    return (
        f"| {scene.words} | {days:,} | {1 - enough / days:.0%} | {worth:,.0f} | {psi:.1f} | {plain:.1f} "
        f"| {np.mean(counts):.2f} ({low:.2f} to {high:.2f}) |"
    )


def pooled(measured: Measured, level: float | None = None) -> list[int]:
    """Alarms by month of all scenes in which a day looks like the baseline."""
    given = {} if level is None else {"level": level}
    return [one.alarms(**given) for scene, of in measured if scene.steady for one in of]


def summary(measured: Measured) -> str:
    """All months without drift together, by level."""
    lines = ["\n| level | months | alarms | a month (95 % interval) |", "|--:|--:|--:|--:|"]
    for level in LEVELS:
        counts = pooled(measured, level)
        low, high = interval(counts)
        lines.append(f"| {level:g} | {len(counts)} | {sum(counts)} | {np.mean(counts):.3f} ({low:.3f} to {high:.3f}) |")
    answers = [one.answers for scene, of in measured if scene.steady for one in of]
    return "\n".join([*lines, f"\ndays on which an answer drifted: {sum(answers)} of {DAYS * len(answers):,}"])


def complaint(measured: Measured) -> str | None:
    """What is wrong if the stated rate does not hold: surely exceeded by some traffic, or by all together."""
    counted = {scene.words: [one.alarms() for one in of] for scene, of in measured if scene.steady}
    for words, counts in {**counted, "all traffic": pooled(measured)}.items():
        if interval(counts)[0] > STATED:
            return (
                f"the stated rate, {STATED:g} a month, does not hold: {words} rang {sum(counts)} times in {len(counts)}"
            )
    return None


if __name__ == "__main__":
    main()
