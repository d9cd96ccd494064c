"""Release of candidates that a retraining published: a canary if the stack allows it, else a message to subscribers.

The retrain function builds an estimator and reads reports of callers, so it may not release. This package reads only
manifests and the journal, loads no blob, and decides by them. In doubt it does not release: subscribers are notified,
and the reason is in the journal.
"""

from fairlead.automation.candidates.candidate import Candidate, candidate_of
from fairlead.automation.candidates.release_rules import CandidateFacts, ReleaseDecision, decide
from fairlead.automation.candidates.releaser import Releaser

__all__ = ["Candidate", "CandidateFacts", "ReleaseDecision", "Releaser", "candidate_of", "decide"]
