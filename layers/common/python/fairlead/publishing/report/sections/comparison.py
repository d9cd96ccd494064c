"""The section on the live version: gains with intervals, and the compatibility of the signatures."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html import formatting
from fairlead.html.blocks import figure, paragraph, section
from fairlead.html.verdicts import findings_table
from fairlead.html.whiskers import Interval, forest
from fairlead.publishing.report.facts import ReportFacts

TITLE = "Against the live version"


def champion(facts: ReportFacts) -> Element:
    """Return the section with the gains and the findings of the champion and contract checks."""
    found = [one for one in facts.verdict.findings if one.check == "champion"]
    contract = [one for one in facts.verdict.findings if one.check == "contract"]
    listed = [one for one in [*found, *contract] if one.verdict != "not applicable"]
    if not listed:
        why = "; ".join(one.detail for one in found if one.detail)
        return section(TITLE, paragraph(f"Not compared: {why}." if why else "Not compared."))
    return section(
        TITLE,
        *_drawn([one for one in found if one.figures]),
        findings_table(listed, of_one_check=True),
    )


def _drawn(found: list[Finding]) -> list[Element]:
    if not found:
        return []
    rows = [Interval(_name(one), one.figures["gain"], one.figures["low"], one.figures["high"]) for one in found]
    gains = "; ".join(
        f"{row.name} {formatting.figure(row.value)}, {formatting.figure(row.low)} to {formatting.figure(row.high)}"
        for row in rows
    )
    drawing = forest(
        rows, "Gains over the live version", f"{gains}.", x_label="gain: right of the dashed line is better"
    )
    explained = (
        "Differences on the same rows; positive is better. Errors are relative to the live version's. The first metric "
        "decides; the others have wider (99 %) intervals."
    )
    return [paragraph(explained), figure(drawing)]


def _name(one: Finding) -> str:
    return formatting.metric(one.finding.partition(" ")[0])
