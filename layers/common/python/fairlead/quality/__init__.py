"""Quality: what came true of what was predicted, as counters that add up, and figures with intervals made of them.

    counters     what a pair of prediction and outcome adds
    metrics      the task's metrics, as scikit-learn computes them from the rows, with intervals
    estimate     the accuracy to expect without outcomes, from stated probabilities: advice, never a trigger
    paired_test  which of two releases is right more often, valid at every look

Pure Python over a few hundred numbers: the monitor starts without NumPy.
"""

from fairlead.quality.counters import fits, tally
from fairlead.quality.estimate import confidences, expected_accuracy
from fairlead.quality.metrics import figures
from fairlead.quality.paired_test import Comparison, Verdict

__all__ = ["Comparison", "Verdict", "confidences", "expected_accuracy", "figures", "fits", "tally"]
