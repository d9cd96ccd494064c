"""The section on a regression's residuals: their distribution, and their spread by answer."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section, table
from fairlead.html.elements import e
from fairlead.publishing.report.facts import ReportFacts, Residuals
from fairlead.publishing.report.plots.bars import histogram
from fairlead.publishing.report.plots.error_spread import spreads

TALL = 280.0


def errors(facts: ReportFacts) -> Element | None:
    """Return the section with the residuals of each target; None for other tasks."""
    found = facts.observed.residuals
    if not found:
        return None
    targets = facts.manifest.signature.output.names or ()
    more = f" Drawn are {len(found)} of {len(targets)} targets." if len(targets) > len(found) else ""
    return section(
        "Residuals",
        paragraph(f"Errors are answer minus truth: above zero the answer is too high.{more}"),
        [_target(one) for one in found],
    )


def _target(one: Residuals) -> Element:
    drawn = histogram(one.errors, f"Errors of {one.of}", zero=True, x_label="error", height=TALL, width=490.0)
    rows = [
        (formatting.figure(part.answer), f"{part.rows:,}", *(formatting.figure(error) for error in part.errors))
        for part in one.spreads
    ]
    headings = ("answer (median)", "rows", "5 %", "25 %", "median", "75 %", "95 %")
    return e(
        "div",
        e("h3", one.of),
        e(
            "div",
            figure(drawn, "Share of rows by error"),
            figure(spreads(one), "Errors by answer: line 5 to 95 %, box the middle half, bar the median"),
            class_="row two",
        ),
        details("The errors as a table", table(headings, rows, numbers=range(1, 7))),
        class_="group together",
    )
