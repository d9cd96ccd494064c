"""Candidates that a retraining published: released through a canary where the stack says so, else left to people.

Whoever learns unpickles and reads what others reported, so it releases nothing. This reads manifests and the journal,
opens no blob, and judges by what they prove; all that is in doubt is left to people, with the reason on record.
"""

from fairlead.automation.candidates.candidate import Order, order_of
from fairlead.automation.candidates.release_rules import Decision, Facts, decide
from fairlead.automation.candidates.releaser import Releaser

__all__ = ["Decision", "Facts", "Order", "Releaser", "decide", "order_of"]
