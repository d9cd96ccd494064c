"""Measures how often QualityDrop says "worse": in a month without a change, and within a day after one.

The metric is accuracy on independent rows, in a 24-hour window that is judged every hour. The version was published
on few or many held-out rows; by chance few rows may overstate its accuracy for good.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from benchmarks.options import parser
from fairlead.model.manifest import Metric
from fairlead.monitoring.primary_metric import surely_worse
from fairlead.monitoring.quality_window import CERTAIN
from fairlead.quality.metrics import wilson

MONTHS = 300
HOURS = 24
PUBLISHED = NormalDist().inv_cdf(0.975)
SURE = NormalDist().inv_cdf((1 + CERTAIN) / 2)


def metric(right: int, rows: int, z: float) -> Metric:
    low, high = wilson(right / rows, rows, z)
    return Metric(value=right / rows, low=low, high=high)


def alarms(dice: np.random.Generator, before: float, now: float, held_out: int, hourly: int, hours: int) -> bool:
    """Return whether any verdict in a period says that the version is worse."""
    published = metric(int(dice.binomial(held_out, before)), held_out, PUBLISHED)
    right = np.concatenate([[0], dice.binomial(hourly, now, size=hours).cumsum()])
    windows = right[HOURS:] - right[:-HOURS]
    # The worst window decides: the drop falls as more answers are right.
    return surely_worse("accuracy", published, metric(int(windows.min()), hourly * HOURS, SURE)) > 0


def main(arguments: Sequence[str] | None = None) -> None:
    args = parser(__doc__).parse_args(arguments)
    months = 1 if args.smallest else MONTHS
    dice = np.random.default_rng(0)
    print("share of months with a false alarm")
    for accuracy in (0.8, 0.95):
        for held_out in (100, 500, 2000):
            for hourly in (5, 20, 200):
                found = sum(alarms(dice, accuracy, accuracy, held_out, hourly, 744) for _ in range(months)) / months
                print(f"accuracy {accuracy}, {held_out:5} held-out rows, {hourly:4} outcomes an hour: {found:.3f}")
    print("share of falls seen after one day, from 0.95")
    for now in (0.9, 0.85, 0.75):
        for held_out in (200, 2000):
            for hourly in (10, 50):
                found = sum(alarms(dice, 0.95, now, held_out, hourly, HOURS) for _ in range(months)) / months
                print(f"to {now}, {held_out:5} held-out rows, {hourly:4} outcomes an hour: {found:.2f}")


if __name__ == "__main__":
    main()
