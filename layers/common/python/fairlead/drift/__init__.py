"""Drift: the distribution of a model's inputs and answers in a window, compared with its version's baseline.

`Tally` counts captured requests, `merge` adds counters up, and `judge` returns the findings of a window. Drift needs
both an effect size and a p value over the effective number of independent rows. `broken` returns the inputs that broke
within an hour. All are pure functions of counts; docs/explanation/drift.md has the measured false-alarm rates.
"""

from fairlead.drift.broken_inputs import Broken, broken
from fairlead.drift.counters import Counters, Request, Tally, merge
from fairlead.drift.judgement import DriftFinding, Judgement, judge
from fairlead.drift.thresholds import Thresholds

__all__ = [
    "Broken",
    "Counters",
    "DriftFinding",
    "Judgement",
    "Request",
    "Tally",
    "Thresholds",
    "broken",
    "judge",
    "merge",
]
