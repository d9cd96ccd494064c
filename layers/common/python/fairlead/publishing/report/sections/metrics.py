"""Held-out figures with their intervals, and cross-validation beside them."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.publishing.report import words
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.markup import e
from fairlead.publishing.report.plots.intervals import Interval, glyph
from fairlead.publishing.report.sections.blocks import Cell, paragraph, section, table
from fairlead.publishing.report.sections.findings import verdict_cell

UNIT = frozenset({"accuracy", "balanced_accuracy", "f1", "roc_auc", "calibration_error"})


def metrics(facts: ReportFacts) -> Element:
    """Tabulate the figures; those between 0 and 1 are drawn too."""
    found = [one for one in facts.verdict.findings if one.check == "metrics" and "value" in one.figures]
    rows = facts.manifest.rows.get("held_out", facts.baseline.rows)
    if not found:
        said = next((one.detail for one in facts.verdict.findings if one.check == "metrics"), "")
        return section("Metrics", paragraph(f"None on {words.several(rows, 'held-out row')}: {said}."))
    drawn = any(_unit(one) for one in found)
    headings = ("figure", "value", "interval", *(["0 to 1"] if drawn else []), "threshold", "verdict")
    return section(
        "Metrics",
        paragraph(
            f"On {words.several(rows, 'held-out row')}, answered by the engine that serves. "
            "Intervals are bootstrapped over rows; bounds of the policy are compared with the interval, not the figure."
        ),
        table(headings, [_row(one, drawn=drawn) for one in found], numbers=(1,)),
        _folds(facts),
    )


def _row(one: Finding, *, drawn: bool) -> list[Cell]:
    value, low, high = (one.figures.get(name) for name in ("value", "low", "high"))
    name = words.metric(one.finding)
    interval = "" if low is None or high is None else f"{words.figure(low)} to {words.figure(high)}"
    cells: list[Cell] = [name, words.figure(value), interval]
    if drawn:
        cells.append(_glyph(name, one) if _unit(one) else "")
    return [*cells, one.threshold, verdict_cell(one.verdict)]


def _glyph(name: str, one: Finding) -> Element:
    figures = one.figures
    return e("td", glyph(Interval(name, figures["value"], figures["low"], figures["high"]), 0.0, 1.0), class_="glyph")


def _unit(one: Finding) -> bool:
    return "low" in one.figures and (one.finding in UNIT or one.finding.startswith("recall:"))


def _folds(facts: ReportFacts) -> Element | None:
    found = [one for one in facts.verdict.findings if one.check == "cross_validation" and "mean" in one.figures]
    if not found:
        return None
    rows = [
        (
            words.metric(one.finding),
            words.figure(one.figures["mean"]),
            words.figure(one.figures["standard_deviation"]),
            f"{words.figure(one.figures['least'])} to {words.figure(one.figures['most'])}",
            one.detail,
        )
        for one in found
    ]
    headings = ("cross-validation", "mean", "standard deviation", "least to most", "how")
    return table(headings, rows, numbers=(1, 2))
