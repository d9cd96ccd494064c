"""The gate's findings: those a person should read, and every one."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.gate.findings import Decision, Finding
from fairlead.html import formatting
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.elements import e
from fairlead.publishing.report.facts import ReportFacts

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


def findings_table(findings: Sequence[Finding], *, of_one_check: bool = False) -> Element:
    """Findings with their figures, thresholds and verdicts; the check is named unless they are of one."""
    rows: list[list[Cell]] = [
        [
            one.finding,
            verdict_cell(one.verdict),
            *([] if of_one_check else [e("td", formatting.check(one.check), class_="short")]),
            one.figure,
            one.threshold,
            _detail(one),
        ]
        for one in findings
    ]
    check = [] if of_one_check else ["check"]
    return table(("finding", "verdict", *check, "figure", "threshold", "detail"), rows)


def _detail(one: Finding) -> Element:
    said = f"{one.detail}. " if one.detail and one.refuses else one.detail
    return e("td", said or None, e("b", "This refuses the version.") if one.refuses else None)


def verdict_cell(verdict: Decision) -> Element:
    """A verdict as sign and word, never as a colour alone."""
    return e("td", e("b", SIGNS[verdict], aria_hidden="true"), verdict, class_=f"sign is-{verdict.split()[0]}")
