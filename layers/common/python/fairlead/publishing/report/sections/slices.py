"""The section on slices: groups of rows with a larger loss than the others."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html import formatting
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.verdicts import verdict_cell
from fairlead.publishing.report.facts import ReportFacts

BESIDE = ("balanced_accuracy", "f1", "roc_auc", "brier", "rmse", "bias")
MOST_BESIDE = 3


def slices(facts: ReportFacts) -> Element:
    """Return the section with the worst slices and their metrics."""
    found = [one for one in facts.verdict.findings if one.check == "slices"]
    listed = [one for one in found if "rows" in one.figures]
    summary = next((one for one in found if one.finding == "slices"), None)
    if not listed:
        return section("Slices", paragraph(f"None judged: {summary.detail if summary else 'no finding'}."))
    regression = facts.manifest.signature.output.task == "regression"
    main = "mae" if regression else "accuracy"
    beside = [name for name in BESIDE if all(name in one.figures for one in listed)][:MOST_BESIDE]
    headings = (
        "slice",
        "rows",
        formatting.metric(main),
        "other rows",
        *map(formatting.metric, beside),
        "verdict",
        "detail",
    )
    return section(
        "Slices",
        paragraph(
            f"{formatting.capitalized(summary.detail)}." if summary and summary.detail else None,
            " The table has the worst slices and those that the policy names.",
        ),
        table(
            headings, [_row(one, beside, regression=regression) for one in listed], numbers=range(1, 4 + len(beside))
        ),
    )


def _row(one: Finding, beside: list[str], *, regression: bool) -> list[Cell]:
    losses = [one.figures["loss"], one.figures["others"]]
    shown = [formatting.figure(loss if regression else 1 - loss) for loss in losses]
    figures: list[Cell] = [
        f"{one.figures['rows']:,.0f}",
        *shown,
        *(formatting.figure(one.figures[name]) for name in beside),
    ]
    detail = one.detail.partition(", ")[2]  # the number of rows has its own column
    return [one.finding, *figures, verdict_cell(one.verdict), detail]
