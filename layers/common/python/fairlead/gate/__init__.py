"""The gate: named checks with findings. No version goes live unproved, and its figures are part of it for ever.

`judge(evidence, policy)` is the one verb. Evidence is facts, a policy is thresholds, checks are pure functions of both:
nothing here reads a file, asks an engine or imports scikit-learn. `fairlead.publishing.evidence` gathers the facts.
"""

from fairlead.gate.judge import judge

__all__ = ["judge"]
