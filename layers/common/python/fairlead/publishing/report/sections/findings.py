"""The sections on the gate's findings: those that did not pass, and all of them."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.gate.findings import Decision, Finding
from fairlead.html import formatting
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.elements import e
from fairlead.model.digest import prefixed
from fairlead.publishing.report.facts import ReportFacts

SIGNS: dict[Decision, str] = {"pass": "✓", "warn": "!", "fail": "✕", "inconclusive": "?", "not applicable": "–"}
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


def findings_table(findings: Sequence[Finding], *, of_one_check: bool = False) -> Element:
    """Return findings as a table; `of_one_check` leaves out the column of the check."""
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
    detail = f"{one.detail}. " if one.detail and one.refuses else one.detail
    return e("td", detail or None, e("b", "This refuses the version.") if one.refuses else None)


def verdict_cell(verdict: Decision) -> Element:
    """Return a cell with the verdict as a sign and a word, so that it needs no colour."""
    return e("td", e("b", SIGNS[verdict], aria_hidden="true"), verdict, class_=f"sign is-{verdict.split()[0]}")
