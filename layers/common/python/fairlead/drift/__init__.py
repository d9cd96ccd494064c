"""Drift: what the model is asked, and what it answers, against the baseline of its version.

`tally` counts captured requests, `merge` adds counts up, `judge` says what moved: an effect size and a p value that
knows how many independent rows there were, both needed; `broken` says which inputs broke within the hour. Pure
functions of counts; docs/explanation/drift.md says how often they cry wolf.
"""

from fairlead.drift.broken_inputs import Broken, broken
from fairlead.drift.counters import Counters, Request, Tally, merge, tally
from fairlead.drift.judgement import Finding, Judgement, judge
from fairlead.drift.thresholds import Thresholds

__all__ = [
    "Broken", "Counters", "Finding", "Judgement", "Request", "Tally", "Thresholds", "broken", "judge", "merge", "tally",
]  # fmt: skip
