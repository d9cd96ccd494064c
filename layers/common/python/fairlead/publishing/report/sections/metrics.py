"""The section on metrics: held-out metrics with intervals, and cross-validation."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html import formatting
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.elements import e
from fairlead.html.verdicts import verdict_cell
from fairlead.html.whiskers import Interval, glyph
from fairlead.model.manifest import Metric
from fairlead.publishing.report.facts import ReportFacts

UNIT = frozenset({"accuracy", "balanced_accuracy", "f1", "roc_auc", "calibration_error"})


def metrics(facts: ReportFacts) -> Element:
    """Return the section with a table of the metrics; those between 0 and 1 are drawn too."""
    found = facts.verdict.metrics
    rows = facts.manifest.rows.get("held_out", facts.baseline.rows)
    if not found:
        why = next((one.detail for one in facts.verdict.findings if one.check == "metrics"), "")
        return section("Metrics", paragraph(f"None on {formatting.plural(rows, 'held-out row')}: {why}."))
    judged = {one.finding: one for one in facts.verdict.findings if one.check == "metrics"}
    drawn = any(_unit(name, one) for name, one in found.items())
    headings = ("figure", "value", "interval", *(["0 to 1"] if drawn else []), "threshold", "verdict")
    return section(
        "Metrics",
        paragraph(
            f"On {formatting.plural(rows, 'held-out row')}, answered by the engine that serves. "
            "Intervals are bootstrapped over rows; the gate compares the interval with the policy's bound."
        ),
        table(headings, [_row(name, one, judged.get(name), drawn=drawn) for name, one in found.items()], numbers=(1,)),
        _folds(facts),
    )


def _row(name: str, one: Metric, judged: Finding | None, *, drawn: bool) -> list[Cell]:
    shown = formatting.metric(name)
    cells: list[Cell] = [shown, formatting.figure(one.value), formatting.interval(one)]
    if drawn:
        cells.append(_glyph(shown, one) if _unit(name, one) else "")
    if judged is None or (judged.verdict == "pass" and not judged.threshold):
        return [*cells, "", ""]
    return [*cells, judged.threshold, verdict_cell(judged.verdict)]


def _glyph(name: str, one: Metric) -> Element:
    low, high = one.value if one.low is None else one.low, one.value if one.high is None else one.high
    return e("td", glyph(Interval(name, one.value, low, high), 0.0, 1.0), class_="glyph")


def _unit(name: str, one: Metric) -> bool:
    return one.low is not None and (name in UNIT or name.startswith("recall:"))


def _folds(facts: ReportFacts) -> Element | None:
    found = [one for one in facts.verdict.findings if one.check == "cross_validation" and "mean" in one.figures]
    if not found:
        return None
    rows = [
        (
            formatting.metric(one.finding),
            formatting.figure(one.figures["mean"]),
            formatting.figure(one.figures["standard_deviation"]),
            f"{formatting.figure(one.figures['least'])} to {formatting.figure(one.figures['most'])}",
            one.detail,
        )
        for one in found
    ]
    headings = ("cross-validation", "mean", "standard deviation", "least to most", "how")
    return table(headings, rows, numbers=(1, 2))
