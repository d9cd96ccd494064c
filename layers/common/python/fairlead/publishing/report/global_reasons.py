"""Reasons of a model as a whole: the mean absolute contribution of each input over a sample of held-out rows."""

import numpy as np

from fairlead.engines import Engine
from fairlead.engines.explanation.explainer import Explainer, SampledExplainer
from fairlead.errors import FairleadError
from fairlead.gate.evidence import Evidence
from fairlead.publishing.report.facts import GlobalReasons
from fairlead.publishing.report.permutation import sample_of

MOST_ROWS = 100
MOST_SAMPLED = 20
"""Rows that are explained by sampling, where each costs thousands of answers."""
SEED = 20_260_103


def global_reasons(evidence: Evidence, engine: Engine, explainer: Explainer) -> GlobalReasons | None:
    """Return the mean absolute contributions, None where the sampled rows cannot be explained."""
    columns, count = evidence.held_out.columns, evidence.held_out.count
    most = min(count, MOST_SAMPLED if isinstance(explainer, SampledExplainer) else MOST_ROWS)
    sample = np.sort(np.random.default_rng(SEED).choice(count, most, replace=False))
    rows = list(zip(*(sample_of(column, sample) for column in columns), strict=True))
    try:
        found = explainer.explain(rows, engine.answer(rows))
    except FairleadError:
        return None
    means = np.abs(np.array(found.contributions)).mean(axis=0).tolist()
    named = sorted(zip((column.name for column in columns), means, strict=True), key=lambda one: -one[1])
    return GlobalReasons(method=found.method, scale=found.scale, rows=most, inputs=tuple(named))
