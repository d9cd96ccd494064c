"""Confidence intervals of alarm rates."""

from collections.abc import Sequence

import numpy as np


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
