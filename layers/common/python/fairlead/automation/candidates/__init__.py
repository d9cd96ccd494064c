"""Release of candidates that a retraining published: a canary if the stack allows it, else a message to subscribers.

The retrain function loads pickles and reads reports of callers, so it may not release. This package reads only
manifests and the journal, loads no blob, and decides by them. In doubt it does not release: subscribers are notified,
and the reason is in the journal.
"""

from fairlead.automation.candidates.candidate import Order, order_of
from fairlead.automation.candidates.release_rules import Decision, Facts, decide
from fairlead.automation.candidates.releaser import Releaser

__all__ = ["Decision", "Facts", "Order", "Releaser", "decide", "order_of"]
