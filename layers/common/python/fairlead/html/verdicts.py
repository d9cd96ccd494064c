"""The gate's findings as a table, with verdicts that need no colour."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import Cell, table
from fairlead.html.elements import e
from fairlead.model.manifest import Decision, Finding

SIGNS: dict[Decision, str] = {"pass": "✓", "warn": "!", "fail": "✕", "inconclusive": "?", "not applicable": "–"}


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


def verdict_cell(verdict: Decision) -> Element:
    """Return a cell with the verdict as a sign and a word, so that it needs no colour."""
    return e("td", e("b", SIGNS[verdict], aria_hidden="true"), verdict, class_=f"sign is-{verdict.split()[0]}")


def _detail(one: Finding) -> Element:
    detail = f"{one.detail}. " if one.detail and one.refuses else one.detail
    return e("td", detail or None, e("b", "This refuses the version.") if one.refuses else None)
