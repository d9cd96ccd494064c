"""The expected accuracy without outcomes. It is shown beside measured accuracy and never triggers an action.

Each answer states a probability, and the baseline has the accuracy of answers with that probability on the held-out
rows. The mean over the window's answers is the expected accuracy (confidence-based performance estimation: NannyML's
CBPE; Guillory et al., ICCV 2021). It assumes that inputs and target keep their relation, so it does not show concept
drift.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import NormalDist

from fairlead.drift.counters import Counters, Number, cluster
from fairlead.model.baseline import Baseline, Calibration
from fairlead.model.manifest import Metric
from fairlead.quality.metrics import CONFIDENCE
from fairlead.telemetry.capture import Part


def count_confidences(baseline: Baseline, parts: Sequence[Part]) -> Counters:
    """Count answers by the baseline's bin of their stated probability: `v<i>` in each cluster of the traffic."""
    calibration = _of_answers(baseline)
    clusters: dict[str, dict[str, int]] = {}
    if calibration is None:
        return Counters()
    for part in parts:
        counts = clusters.setdefault(cluster(part.caller, part.at // 1000), {})
        for shares in part.probabilities or ():
            stated = [share for share in shares if share is not None]
            if stated:
                name = f"v{_bin(calibration, max(stated))}"
                counts[name] = counts.get(name, 0) + 1
    return Counters(clusters=clusters)


def expected_accuracy(baseline: Baseline, counts: Mapping[str, Number]) -> Metric | None:
    """Return the expected accuracy of a window's answers, from its `v<i>`; None if answers state no probabilities.

    The interval is that of the calibration map, which is estimated on the held-out rows.
    """
    calibration = _of_answers(baseline)
    if calibration is None:
        return None
    rows = [counts.get(f"v{place}", 0) for place in range(len(calibration.counts))]
    if not sum(rows):
        return None
    value = variance = 0.0
    for answered, known, true, stated in zip(
        rows, calibration.counts, calibration.true, calibration.stated, strict=True
    ):
        weight = answered / sum(rows)
        # One pseudo-row at the stated probability: a bin with few held-out rows stays near it.
        share = (true + stated) / (known + 1)
        value += weight * share
        variance += weight * weight * share * (1 - share) / (known + 1)
    half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(variance)
    return Metric(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


def _of_answers(baseline: Baseline) -> Calibration | None:
    return next((one for one in baseline.predictions.calibration if one.of is None), None)


def _bin(calibration: Calibration, stated: float) -> int:
    return min(len(calibration.counts) - 1, max(0, bisect_right(calibration.edges, stated)))
