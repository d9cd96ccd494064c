"""Plots of one class against the rest: ROC curve, precision-recall curve, reliability diagram."""

from typing import Any
from xml.etree.ElementTree import Element

from fairlead.gate.intervals import wilson
from fairlead.html.axes import Frame, Scale, line, svg
from fairlead.html.elements import e
from fairlead.html.formatting import figure
from fairlead.model.baseline import Calibration
from fairlead.publishing.report.facts import Curve

WIDTH, HEIGHT = 320.0, 280.0
UNIT = (0.0, 0.25, 0.5, 0.75, 1.0)
CONFIDENCE = 0.95


def roc(curve: Curve) -> Element:
    """Draw the true positive rate by the false positive rate."""
    frame = _square()
    return svg(
        WIDTH,
        HEIGHT,
        f"ROC curve of {curve.of}",
        f"The area under the curve is {figure(curve.auc)}; the dashed diagonal, 0.5, is guessing. {_found_at(curve)}",
        frame.axes(x_ticks=UNIT, y_ticks=UNIT, x_label="false positive rate", y_label="true positive rate"),
        line([(0, 0), (1, 1)], frame, kind="reference"),
        line(curve.roc, frame),
        _note(frame, f"area {figure(curve.auc)}"),
    )


def precision_recall(curve: Curve) -> Element:
    """Draw precision by recall."""
    frame = _square()
    share = curve.positives / (curve.positives + curve.negatives)
    return svg(
        WIDTH,
        HEIGHT,
        f"Precision and recall of {curve.of}",
        f"The average precision is {figure(curve.average_precision)}; the dashed line, {figure(share)}, is guessing.",
        frame.axes(x_ticks=UNIT, y_ticks=UNIT, x_label="recall", y_label="precision"),
        line([(0, share), (1, share)], frame, kind="reference"),
        line(curve.precision_recall, frame),
        _note(frame, f"average {figure(curve.average_precision)}"),
    )


def reliability(calibration: Calibration, name: str) -> Element:
    """Draw observed shares by stated probability with Wilson's intervals; larger circles have more rows."""
    frame = _square()
    most = max(calibration.counts)
    parts, bins = [], []
    for rows, stated, true in zip(calibration.counts, calibration.stated, calibration.true, strict=True):
        if not rows:
            continue
        low, high = wilson(true, rows, confidence=CONFIDENCE)
        x = frame.x(stated)
        parts.append(e("line", x1=x, x2=x, y1=frame.y(low), y2=frame.y(high), class_="whisker"))
        parts.append(e("circle", cx=x, cy=frame.y(true / rows), r=2.5 + 3 * (rows / most) ** 0.5, class_="dot"))
        bins.append(f"{figure(stated)} stated, {figure(true / rows)} observed")
    return svg(
        WIDTH,
        HEIGHT,
        f"Reliability of the probability of {name}",
        f"By bin: {'; '.join(bins)}. On the dashed diagonal, observed shares equal stated probabilities.",
        frame.axes(x_ticks=UNIT, y_ticks=UNIT, x_label="stated probability", y_label="observed share"),
        line([(0, 0), (1, 1)], frame, kind="reference"),
        parts,
    )


def _square() -> Frame:
    return Frame(Scale(0, 1, 44, WIDTH - 14), Scale(0, 1, HEIGHT - 40, 26))


def _note(frame: Frame, text: str) -> Element:
    return e("text", text, x=frame.x.end - 6, y=frame.y.start - 12, text_anchor="end", class_="note halo")


def _found_at(curve: Curve) -> str:
    """Return the true positive rate at a false positive rate of 0.05, as a sentence."""
    found: Any = max((y for x, y in curve.roc if x <= 0.05), default=0.0)
    return f"At a false positive rate of 0.05 the true positive rate is {figure(found)}."
