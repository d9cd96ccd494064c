"""The section on permutation importance of inputs."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section, table
from fairlead.html.whiskers import Interval, forest
from fairlead.publishing.report.facts import ReportFacts

TITLE = "Importance of inputs"
MOST_DRAWN = 20


def importance(facts: ReportFacts) -> Element:
    """Return the section with the inputs whose shuffling increases the loss most."""
    found = facts.observed.importances
    if found is None or found.skipped:
        return section(TITLE, paragraph(f"Not measured: {found.skipped}." if found else "Not measured."))
    explained = (
        f"{formatting.capitalized(found.measure)} when one input's values are shuffled on "
        f"{formatting.plural(found.rows, 'row')}: mean, least and most of "
        f"{formatting.plural(found.repeats, 'shuffle')}. It shows which inputs the model uses, not causes; "
        "correlated inputs hide each other's importance."
    )
    drawn = [Interval(one.name, one.mean, one.least, one.most) for one in found.inputs[:MOST_DRAWN]]
    first = ", ".join(f"{one.name} {formatting.figure(one.value)}" for one in drawn[:5])
    rows = [
        (one.name, formatting.figure(one.mean), formatting.figure(one.least), formatting.figure(one.most))
        for one in found.inputs
    ]
    more = len(found.inputs) - len(drawn)
    return section(
        TITLE,
        paragraph(explained),
        figure(forest(drawn, "Permutation importance", f"Most important: {first}.", x_label=found.measure)),
        details(
            "All inputs as a table" if more else "The figures as a table",
            table(("input", "mean", "least", "most"), rows, numbers=(1, 2, 3)),
        ),
    )
