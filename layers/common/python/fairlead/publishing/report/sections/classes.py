"""The section on classes: the confusion matrix, and curves of one class against the rest."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section, table
from fairlead.html.elements import e
from fairlead.model.baseline import Calibration
from fairlead.publishing.report.facts import Confusion, Curve, ReportFacts
from fairlead.publishing.report.plots.confusion_matrix import matrix
from fairlead.publishing.report.plots.probabilities import precision_recall, reliability, roc


def classes(facts: ReportFacts) -> Element | None:
    """Return the section; None if rows have no class."""
    observed = facts.observed
    if observed.confusion is None:
        return None
    return section(
        "Classes",
        paragraph("Rows are true classes, columns are answers; shares are of the true class."),
        figure(matrix(observed.confusion)),
        details("The matrix as a table", _confusion_table(observed.confusion)),
        [_group(curve, _calibration_of(curve, facts)) for curve in observed.curves],
        _left_out(facts),
    )


def _group(curve: Curve, calibration: Calibration | None) -> Element:
    """Return one class's plots side by side."""
    rows = f"{formatting.plural(curve.positives, 'row')} of it, {curve.negatives:,} others"
    drawings = [figure(roc(curve), "ROC"), figure(precision_recall(curve), "Precision and recall")]
    tables = [_points("ROC", ("false positive rate", "true positive rate"), curve.roc)]
    tables.append(_points("Precision and recall", ("recall", "precision"), curve.precision_recall))
    if calibration is not None and calibration.counts:
        drawings.append(figure(reliability(calibration, curve.of), "Reliability"))
        tables.append(_bins(calibration))
    return e(
        "div",
        e("h3", curve.of, " ", e("span", f"against the rest · {rows}", class_="soft")),
        e("div", drawings, class_="row"),
        details("The points as tables", tables),
        class_="group together",
    )


def _calibration_of(curve: Curve, facts: ReportFacts) -> Calibration | None:
    found = (one for one in facts.baseline.predictions.calibration if one.of is not None and str(one.of) == curve.of)
    return next(found, None)


def _points(caption: str, headings: tuple[str, str], points: tuple[tuple[float, float], ...]) -> Element:
    """Return about a dozen points of a curve as a table."""
    step = max(1, len(points) // 12)
    chosen = [*points[:-1:step], points[-1]]
    return table(
        headings, [(formatting.figure(x), formatting.figure(y)) for x, y in chosen], numbers=(1,), caption=caption
    )


def _bins(one: Calibration) -> Element:
    rows = [
        (formatting.figure(stated), formatting.figure(true / count), f"{count:,}")
        for count, stated, true in zip(one.counts, one.stated, one.true, strict=True)
        if count
    ]
    return table(("stated (mean)", "observed", "rows"), rows, numbers=(1, 2), caption="Reliability, by bin")


def _confusion_table(confusion: Confusion) -> Element:
    rows = [
        (name, *(f"{count:,}" for count in counts), f"{sum(counts):,}")
        for name, counts in zip(confusion.truths, confusion.counts, strict=True)
    ]
    return table(("true", *confusion.answers, "all"), rows, numbers=range(1, len(confusion.answers) + 2))


def _left_out(facts: ReportFacts) -> Element | None:
    names, drawn = facts.manifest.signature.output.classes or (), len(facts.observed.curves)
    if len(names) <= 2 or drawn in {0, len(names)}:
        return None
    return paragraph(f"Curves are of {drawn} of {len(names):,} classes: the most common ones.")
