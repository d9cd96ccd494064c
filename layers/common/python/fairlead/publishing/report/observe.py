"""Computation of the report's figures from the gate's evidence."""

from collections.abc import Callable

from fairlead.engines import Engine
from fairlead.engines.explanation.explainer import Explainer
from fairlead.gate.evidence import Evidence
from fairlead.model.baseline import Baseline
from fairlead.publishing.report.confusion import confusion
from fairlead.publishing.report.curves import curves
from fairlead.publishing.report.facts import Observed
from fairlead.publishing.report.global_reasons import global_reasons
from fairlead.publishing.report.histograms import score_histograms, shapes, training_counts
from fairlead.publishing.report.permutation import importances
from fairlead.publishing.report.residuals import residuals

MOST_DRAWN = 60
MOST_TARGETS = 6


def gather(
    evidence: Evidence,
    reference: Baseline,
    engine: Engine,
    explainer: Explainer | None = None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Observed:
    """Return the figures of the held-out rows; `engine`, which will serve, answers shuffled rows for importance.

    `explainer` is the version's, None where it gives no reasons.
    """
    progress("measuring permutation importance")
    return Observed(
        confusion=confusion(evidence),
        curves=curves(evidence),
        residuals=residuals(evidence, most=MOST_TARGETS),
        importances=importances(evidence, engine),
        reasons=None if explainer is None else global_reasons(evidence, engine, explainer),
        shapes=shapes(evidence, reference, most=MOST_DRAWN),
        scores=score_histograms(evidence, most=MOST_TARGETS),
        training=training_counts(evidence, reference),
        training_rows=0 if evidence.training is None else evidence.training.count,
        budget=evidence.budget,
    )
