"""Quality: what came true of what was predicted, as counters that add up, and figures with intervals made of them.

    counters    what a pair of prediction and outcome adds
    figures     the task's metrics, as scikit-learn computes them from the rows, with intervals
    estimate    what accuracy would be expected without any outcome, from stated probabilities: advice, never a trigger
    sequential  which of two releases is right more often, valid whenever one looks

Pure Python over a few hundred numbers: the monitor starts without NumPy.
"""

from fairlead.quality.counters import fits, tally
from fairlead.quality.estimate import confidences, expected_accuracy
from fairlead.quality.figures import figures
from fairlead.quality.sequential import Comparison, Verdict

__all__ = ["Comparison", "Verdict", "confidences", "expected_accuracy", "figures", "fits", "tally"]
