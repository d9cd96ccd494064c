"""Evidence for the gate, gathered: ask the engine, probe it, measure it in a fresh process, fit folds.

Rows pass through in blocks, so that a million of them never stand in memory as Python objects.
"""

from fairlead.publishing.evidence.budget import measure_budget
from fairlead.publishing.evidence.digests import pack, row_digests, unpack
from fairlead.publishing.evidence.folds import Folding, cross_validate
from fairlead.publishing.evidence.gathering import Candidate, Data, Live, gather

__all__ = [
    "Candidate",
    "Data",
    "Folding",
    "Live",
    "cross_validate",
    "gather",
    "measure_budget",
    "pack",
    "row_digests",
    "unpack",
]
