"""The gate's findings: those a person should read, and every one."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.gate.findings import Decision, Finding
from fairlead.publishing.report import words
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.markup import e
from fairlead.publishing.report.sections.blocks import paragraph, section, table

SIGNS: dict[Decision, str] = {"pass": "✓", "warn": "!", "fail": "✕", "inconclusive": "?", "not applicable": "–"}
ORDER: tuple[Decision, ...] = ("fail", "inconclusive", "warn")


def to_read(facts: ReportFacts) -> Element | None:
    """List what is not simply passed, gravest first."""
    chosen = [finding for kind in ORDER for finding in facts.verdict.findings if finding.verdict == kind]
    chosen.sort(key=lambda finding: not finding.refuses)
    if not chosen:
        return None
    return section("To read", findings_table(chosen))


def every_finding(facts: ReportFacts) -> Element:
    """List all findings, in the gate's order."""
    return section(
        "The gate, line by line",
        paragraph("Judged by the policy with digest ", e("code", f"sha256:{facts.verdict.policy}"), "."),
        findings_table(facts.verdict.findings),
    )


def findings_table(findings: Sequence[Finding]) -> Element:
    """Findings with their figures, thresholds and verdicts."""
    rows = [
        (
            one.finding,
            verdict_cell(one.verdict),
            words.check(one.check),
            one.figure,
            one.threshold,
            e("td", one.detail, " This refuses the version." if one.refuses else None),
        )
        for one in findings
    ]
    return table(("finding", "verdict", "check", "figure", "threshold", "detail"), rows)


def verdict_cell(verdict: Decision) -> Element:
    """A verdict as sign and word, never as a colour alone."""
    return e("td", e("b", SIGNS[verdict], aria_hidden="true"), verdict, class_=f"sign is-{verdict.split()[0]}")
