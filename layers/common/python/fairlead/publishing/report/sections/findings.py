"""The sections on the gate's findings: those that did not pass, and all of them."""

from xml.etree.ElementTree import Element

from fairlead.html.blocks import paragraph, section
from fairlead.html.elements import e
from fairlead.html.verdicts import findings_table
from fairlead.model.digest import prefixed
from fairlead.model.manifest import Decision
from fairlead.publishing.report.facts import ReportFacts

ORDER: tuple[Decision, ...] = ("fail", "inconclusive", "warn")


def open_findings(facts: ReportFacts) -> Element | None:
    """Return the findings that failed, are inconclusive or warn, in that order; None if there are none."""
    chosen = [finding for kind in ORDER for finding in facts.verdict.findings if finding.verdict == kind]
    chosen.sort(key=lambda finding: not finding.refuses)
    if not chosen:
        return None
    return section("Findings to review", findings_table(chosen))


def all_findings(facts: ReportFacts) -> Element:
    """Return all findings in the gate's order."""
    return section(
        "All findings of the gate",
        paragraph("Judged by the policy with digest ", e("code", prefixed(facts.verdict.policy)), "."),
        findings_table(facts.verdict.findings),
    )
