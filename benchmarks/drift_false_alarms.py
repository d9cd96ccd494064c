"""How often drift cries wolf, and what it finds: months of traffic without drift, and drifts planted in it.

python -m benchmarks.drift_false_alarms [--months 34] [--windows 60] [--figures docs/figures]

Prints the tables of docs/monitoring.md and draws its figures. It takes some hours of one core; what was measured is
kept in .benchmarks/drift, so that it can be interrupted.
"""

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import drift_plots, drift_power
from benchmarks.drift_scenes import KEPT, SCENES, WAYS, Scene, Seen, alarms, months


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=34)
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"| traffic | windows | too little data | worth, rows | {' | '.join(WAYS)} |\n|---|--:|--:|--:|--:|--:|--:|")
    measured = []
    for scene in SCENES:
        measured.append((scene, months(scene, asked.months)))
        told(*measured[-1])
    powers = drift_power.measure(asked.windows, KEPT)
    drift_power.told(powers)
    drift_power.delays(20)
    for name, drawing in drift_plots.drawings(measured, powers).items():
        drift_plots.write(asked.figures / f"{name}.svg", drawing)


def told(scene: Scene, measured: Sequence[Sequence[Seen]]) -> None:
    """One line of the table."""
    windows = [window for month in measured for window in month]
    rates = [alarms(measured, rings) / len(measured) for rings in WAYS.values()]
    enough = [window.effective for window in windows if window.enough]
    print(
        f"| {scene.words} | {len(windows):,} "
        f"| {1 - len(enough) / len(windows):.0%} | {np.median(enough) if enough else 0:,.0f} "
        f"| {' | '.join(f'{rate:.2f}' for rate in rates)} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
