"""The comparison with the live version: gains with intervals, and what the signature means to its callers."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html import formatting
from fairlead.html.blocks import figure, paragraph, section
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.plots.intervals import Interval, forest
from fairlead.publishing.report.sections.findings import findings_table


def champion(facts: ReportFacts) -> Element:
    """Draw the gains, and list the findings with the contract's."""
    found = [one for one in facts.verdict.findings if one.check == "champion"]
    contract = [one for one in facts.verdict.findings if one.check == "contract"]
    spoken = [one for one in [*found, *contract] if one.verdict != "not applicable"]
    if not spoken:
        said = "; ".join(one.detail for one in found if one.detail)
        return section("Against the live version", paragraph(f"Not compared: {said}." if said else "Not compared."))
    return section(
        "Against the live version",
        *_drawn([one for one in found if one.figures]),
        findings_table(spoken, of_one_check=True),
    )


def _drawn(found: list[Finding]) -> list[Element]:
    if not found:
        return []
    rows = [Interval(_name(one), one.figures["gain"], one.figures["low"], one.figures["high"]) for one in found]
    told = "; ".join(
        f"{row.name} {formatting.figure(row.value)}, {formatting.figure(row.low)} to {formatting.figure(row.high)}"
        for row in rows
    )
    drawing = forest(
        rows, "Gains over the live version", f"{told}.", x_label="gain: right of the dashed line is better"
    )
    explained = (
        "The difference on the same rows, signed so that positive is better; absolute errors as a share of the live "
        "version's own. The first figure decides, the others stand beside it with wider (99 %) intervals."
    )
    return [paragraph(explained), figure(drawing)]


def _name(one: Finding) -> str:
    return formatting.metric(one.finding.partition(" ")[0])
