"""Residuals of a regression: answer minus truth."""

import numpy as np

from fairlead.gate.evidence import Evidence, Floats
from fairlead.publishing.report.facts import Residuals, Spread
from fairlead.publishing.report.histograms import histogram, histogram_range

PARTS = 10
FEWEST_A_PART = 5
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def residuals(evidence: Evidence, *, most: int) -> tuple[Residuals, ...]:
    """Return the errors of the first `most` targets; rows without a finite answer are left out."""
    target, values = evidence.held_out.target, evidence.predicted.values
    if target is None or values is None:
        return ()
    output = evidence.signature.output
    names = output.names or (output.target or "the target",)
    return tuple(
        _residuals(name, answer, truth)
        for name, answer, truth in list(zip(names, values.T, target.T, strict=True))[:most]
    )


def _residuals(name: str, answer: Floats, truth: Floats) -> Residuals:
    finite = np.isfinite(answer)
    answer, errors = answer[finite], (answer - truth)[finite]
    low, high, bars = histogram_range(errors)
    return Residuals(of=name, errors=histogram(errors, low, high, bars), spreads=_spreads(answer, errors))


def _spreads(answer: Floats, errors: Floats) -> tuple[Spread, ...]:
    order = np.argsort(answer, kind="stable")
    parts = np.array_split(order, max(1, min(PARTS, len(order) // FEWEST_A_PART)))
    return tuple(_spread(answer[part], errors[part]) for part in parts if len(part))


def _spread(answer: Floats, errors: Floats) -> Spread:
    found = [float(quantile) for quantile in np.quantile(errors, QUANTILES)]
    return Spread(
        answer=float(np.median(answer)), rows=len(errors), errors=(found[0], found[1], found[2], found[3], found[4])
    )
