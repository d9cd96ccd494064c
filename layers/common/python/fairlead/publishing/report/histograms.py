"""Histograms of equal width for the report, of inputs and answers."""

import numpy as np
import numpy.typing as npt

from fairlead.gate.evidence import Column, Evidence, Floats
from fairlead.model.baseline import Baseline, Categories, Numbers
from fairlead.publishing.baseline import lengths
from fairlead.publishing.report.facts import Histogram, Shape

BARS = 24
FEW_VALUES = 12


def histogram(values: Floats, low: float, high: float, bars: int) -> Histogram:
    """Count values in equal bins from `low` to `high`; missing values are left out."""
    values = values[~np.isnan(values)]
    inside = values[(values >= low) & (values <= high)]
    counts, _ = np.histogram(inside, bins=bars, range=(low, high))
    return Histogram(
        low=low,
        high=high,
        counts=tuple(counts.tolist()),
        below=int((values < low).sum()),
        above=int((values > high).sum()),
    )


def histogram_range(values: Floats) -> tuple[float, float, int]:
    """Return the lower end, the upper end and the number of bars of a histogram of these values.

    The range is that of all values, but at most three times that of the middle 90 %, so that a tail does not compress
    the rest.
    """
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return 0.0, 1.0, 1
    distinct = np.unique(finite[:20_000])
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return low - 0.5, high + 0.5, 1
    if len(distinct) <= FEW_VALUES and np.array_equal(distinct, np.round(distinct)) and high - low < 2 * BARS:
        return low - 0.5, high + 0.5, round(high - low) + 1
    early, late = np.quantile(finite, [0.05, 0.95])
    width = float(late - early)
    if width > 0:
        low, high = max(low, float(early) - width), min(high, float(late) + width)
    return low, high, BARS


def shapes(evidence: Evidence, reference: Baseline, *, most: int) -> dict[str, Shape]:
    """Return the histograms of the first `most` inputs that are counted as numbers."""
    training = {} if evidence.training is None else {column.name: column for column in evidence.training.columns}
    found = {}
    for column, feature in list(zip(evidence.held_out.columns, reference.features, strict=True))[:most]:
        if isinstance(feature.seen, Numbers):
            found[column.name] = _shape(column, training.get(column.name))
    return found


def score_histograms(evidence: Evidence, *, most: int) -> dict[str, Histogram]:
    """Return the histograms of answers: of the first `most` probabilities or values, or of the score."""
    output, predicted = evidence.signature.output, evidence.predicted
    if predicted.scores is not None:
        low, high, bars = histogram_range(predicted.scores)
        return {"score": histogram(predicted.scores, low, high, bars)}
    if predicted.probabilities is not None:
        by_class = list(zip(output.classes or (), predicted.probabilities.T, strict=True))
        chosen = by_class[1:] if len(by_class) == 2 else by_class[:most]
        return {str(label): histogram(stated, 0.0, 1.0, 20) for label, stated in chosen}
    names = output.names or (output.target or "the target",)
    by_target = [] if predicted.values is None else list(zip(names, predicted.values.T, strict=True))[:most]
    return {name: histogram(values, *histogram_range(values)) for name, values in by_target}


def _shape(column: Column, training: Column | None) -> Shape:
    values = _counted(column)
    low, high, bars = histogram_range(values)
    before = None if training is None else histogram(_counted(training), low, high, bars)
    return Shape(held_out=histogram(values, low, high, bars), training=before)


def _counted(column: Column) -> Floats:
    if column.kind == "text":
        return lengths(column)
    values: Floats = column.values
    return values


def training_counts(evidence: Evidence, reference: Baseline) -> dict[str, tuple[int, ...]]:
    """Return the training rows' counts by the baseline's categories, others last; empty without training rows."""
    if evidence.training is None:
        return {}
    features = {feature.name: feature for feature in reference.features}
    return {
        column.name: _counts(column, features[column.name].seen)  # type: ignore[arg-type]  # asked in the condition
        for column in evidence.training.columns
        if column.name in features and isinstance(features[column.name].seen, Categories)
    }


def _counts(column: Column, seen: Categories) -> tuple[int, ...]:
    place = {value: at for at, value in enumerate(seen.values)}
    levels = (False, True) if column.levels is None else column.levels
    table = np.array([place.get(level, len(place)) for level in levels], dtype=np.intp)
    codes: npt.NDArray[np.intp] = column.values[~column.missing()].astype(np.intp)
    return tuple(np.bincount(table[codes], minlength=len(place) + 1).tolist())
