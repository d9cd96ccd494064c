"""Make the baseline of a version: histograms of its held-out rows and of the answers to them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from fairlead.gate.evidence import Codes, Column, Floats, Mask, Predicted, Rows, classes_of
from fairlead.model.baseline import SCHEMA, Baseline, Calibration, Categories, Feature, Numbers, Predictions, Score
from fairlead.model.signature import Output, Scalar, Signature
from fairlead.publishing.bins import categories, numbers, place

MOST_CLASSES = 50


def baseline_of(signature: Signature, held_out: Rows, predicted: Predicted) -> Baseline:
    """Return the baseline of held-out rows with their target, and of the model's answers to them."""
    return Baseline(
        schema=SCHEMA,
        rows=held_out.count,
        features=tuple(_feature(column) for column in held_out.columns),
        predictions=_predictions(signature.output, held_out.target, predicted),
    )


def with_importances(baseline: Baseline, importances: Mapping[str, float]) -> Baseline:
    """Return the baseline with each input's importance: drift of an input matters as much as the model uses it."""
    features = [
        msgspec.structs.replace(feature, importance=importances.get(feature.name)) for feature in baseline.features
    ]
    return msgspec.structs.replace(baseline, features=tuple(features))


def _feature(column: Column) -> Feature:
    missing = column.missing()
    seen = _seen(column, column.values[~missing])
    return Feature(name=column.name, kind=column.kind, missing=int(missing.sum()), seen=seen)


def _seen(column: Column, present: Any) -> Numbers | Categories:
    if column.kind == "boolean":
        return categories([False, True], np.bincount(present.astype(np.intp), minlength=2))
    if column.levels is None:
        return numbers(present)
    if column.kind == "text":
        return numbers(lengths(column)[~column.missing()])
    return categories(list(column.levels), np.bincount(present, minlength=len(column.levels)))


def lengths(column: Column) -> Floats:
    """Return the number of characters of each text, shape (rows,); NaN where it is missing."""
    table = np.array([*(len(str(level)) for level in column.levels or ()), np.nan])
    found: Floats = table[column.values]  # code -1 is the last
    return found


def _predictions(output: Output, target: Any, predicted: Predicted) -> Predictions:
    return Predictions(
        labels=_labels(output, predicted.labels),
        scores=tuple(_scores(output, predicted)),
        calibration=tuple(_calibrations(output, target, predicted)),
    )


def _labels(output: Output, labels: Codes | None) -> Categories | None:
    if labels is None:
        return None
    known = labels[labels >= 0]
    counts = np.bincount(known, minlength=1)
    names = classes_of(output) or range(len(counts))
    found = categories(list(names), np.bincount(known, minlength=len(names)))
    return msgspec.structs.replace(found, other=found.other + int((labels < 0).sum()))


def _scores(output: Output, predicted: Predicted) -> list[Score]:
    if predicted.scores is not None:
        return [Score(of="score", seen=numbers(predicted.scores))]
    if predicted.values is not None:
        names = output.names or (output.target,)
        return [Score(of=name, seen=numbers(values)) for name, values in zip(names, predicted.values.T, strict=True)]
    if predicted.probabilities is not None:
        by_class = zip(classes_of(output)[:MOST_CLASSES], predicted.probabilities.T, strict=False)
        return [Score(of=label, seen=numbers(stated)) for label, stated in by_class]
    return []


def _calibrations(output: Output, target: Any, predicted: Predicted) -> list[Calibration]:
    probabilities, labels = predicted.probabilities, predicted.labels
    if target is None or probabilities is None or labels is None or not len(target):
        return []
    answered = probabilities[np.arange(len(labels)), labels]
    found = [_calibration(None, answered, labels == target)]
    by_class = enumerate(classes_of(output)[:MOST_CLASSES])
    return found + [_calibration(label, probabilities[:, code], target == code) for code, label in by_class]


def _calibration(of: Scalar | None, stated: Floats, true: Mask) -> Calibration:
    known = ~np.isnan(stated)
    stated, true = stated[known], true[known]
    bins = numbers(stated)
    places, size = place(bins, stated), len(bins.counts)
    sums = np.bincount(places, weights=stated, minlength=size)
    return Calibration(
        of=of,
        edges=bins.edges,
        counts=bins.counts,
        stated=tuple((sums / np.maximum(1, bins.counts)).tolist()),
        true=tuple(np.bincount(places[true], minlength=size).tolist()),
    )
