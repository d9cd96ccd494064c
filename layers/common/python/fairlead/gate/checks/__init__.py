"""The gate's checks, one a module, each a pure function of evidence and policy; a new check is added to CHECKS."""

from collections.abc import Callable

from fairlead.gate.checks.baselines import baselines
from fairlead.gate.checks.budget import budget
from fairlead.gate.checks.champion import champion
from fairlead.gate.checks.contract import contract
from fairlead.gate.checks.cross_validation import cross_validation
from fairlead.gate.checks.leakage import leakage
from fairlead.gate.checks.metric_bounds import metrics
from fairlead.gate.checks.parity import parity
from fairlead.gate.checks.privacy import privacy
from fairlead.gate.checks.robustness import robustness
from fairlead.gate.checks.slices import slices
from fairlead.gate.checks.split import split
from fairlead.gate.evidence import Evidence
from fairlead.gate.findings import Finding
from fairlead.gate.policy import Policy

Check = Callable[[Evidence, Policy], list[Finding]]

CHECKS: dict[str, Check] = {
    "metrics": metrics,
    "cross_validation": cross_validation,
    "champion": champion,
    "slices": slices,
    "baselines": baselines,
    "leakage": leakage,
    "split": split,
    "robustness": robustness,
    "parity": parity,
    "contract": contract,
    "budget": budget,
    "privacy": privacy,
}
