"""Quality of a live model: counters of predictions with their outcomes, and metrics with intervals.

    counters     the counters that a pair of prediction and outcome adds to
    metrics      the task's metrics from the counters, equal to scikit-learn's, with intervals
    estimate     the expected accuracy without outcomes, from stated probabilities; shown, never a trigger
    paired_test  a sequential test of which of two releases is right more often

All are pure Python over a few hundred numbers, so that the monitor function starts without NumPy.
"""

from fairlead.quality.counters import pair_error, tally
from fairlead.quality.estimate import count_confidences, expected_accuracy
from fairlead.quality.metrics import figures
from fairlead.quality.paired_test import Comparison, Verdict

__all__ = ["Comparison", "Verdict", "count_confidences", "expected_accuracy", "figures", "pair_error", "tally"]
