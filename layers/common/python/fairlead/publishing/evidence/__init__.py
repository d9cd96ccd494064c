"""Evidence for the gate: the engine's answers and probes, its cost in a fresh process, and cross-validation folds.

Rows are read in blocks, so that a million rows are never Python objects at the same time.
"""

from fairlead.publishing.evidence.champion_answers import LiveModel
from fairlead.publishing.evidence.cross_validate import Folding, cross_validate
from fairlead.publishing.evidence.digests import digests_of, pack, unpack
from fairlead.publishing.evidence.gather import Candidate, Data, gather, groups_of, order_of
from fairlead.publishing.evidence.measure import measure_budget

__all__ = [
    "Candidate",
    "Data",
    "Folding",
    "LiveModel",
    "cross_validate",
    "digests_of",
    "gather",
    "groups_of",
    "measure_budget",
    "order_of",
    "pack",
    "unpack",
]
