"""The section on the reasons of predictions, over all inputs."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section, table
from fairlead.html.whiskers import Interval, forest
from fairlead.publishing.report.facts import ReportFacts

TITLE = "Reasons of predictions"
MOST_DRAWN = 20


def reasons(facts: ReportFacts) -> Element | None:
    """Return the section with the inputs that move predictions most; None for versions of before there were reasons."""
    how, found = facts.manifest.explanation, facts.observed.reasons
    if how is None:
        return None
    if how.method == "off":
        return section(TITLE, paragraph(f"This version gives no reasons: {how.reason}."))
    because = f" Exact reasons are not possible: {how.reason}." if how.reason else ""
    if found is None:
        return section(TITLE, paragraph(f"The held-out rows could not be explained.{because}"))
    explained = (
        f"Mean absolute contribution to the prediction (scale: {found.scale}), over "
        f"{formatting.plural(found.rows, 'held-out row')}. {formatting.capitalized(found.method)}.{because}"
    )
    drawn = [Interval(name, value, 0.0, value) for name, value in found.inputs[:MOST_DRAWN]]
    first = ", ".join(f"{one.name} {formatting.figure(one.value)}" for one in drawn[:5])
    rows = [(name, formatting.figure(value)) for name, value in found.inputs]
    return section(
        TITLE,
        paragraph(explained),
        figure(forest(drawn, "Mean contributions", f"Largest: {first}.", x_label="mean absolute contribution")),
        details("The figures as a table", table(("input", "mean absolute contribution"), rows, numbers=(1,))),
    )
