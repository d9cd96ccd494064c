"""The parity certificate, and what the engine costs."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.blocks import facts as listed
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections.findings import findings_table, verdict_cell


def parity(facts: ReportFacts) -> Element:
    """Show the proof that the engine answers as the estimator does, and the robustness probes."""
    manifest = facts.manifest
    proved = manifest.parity
    probes = [one for one in facts.verdict.findings if one.check == "robustness" and one.verdict != "not applicable"]
    if proved is None:
        told = [paragraph(f"The engine is {manifest.engine.name}: scikit-learn itself answers.", soft=False)]
        told.append(paragraph(f"Why not onnx: {manifest.engine.reason}.") if manifest.engine.reason else paragraph())
    else:
        pairs: list[tuple[str, str]] = [
            ("engine", manifest.engine.name + (f": {manifest.engine.reason}" if manifest.engine.reason else "")),
            ("rows asked of both", f"{proved.rows:,}"),
            ("beside thresholds and edges", f"{proved.boundary_rows:,} of them"),
            ("labels that differ", f"{proved.label_differences:,}"),
            ("largest difference", f"{proved.largest_difference:.2g}"),
            ("tolerance", f"{proved.tolerance:.2g}"),
        ]
        told = [listed(pairs)]
    return section("Parity and robustness", told, findings_table(probes, of_one_check=True) if probes else None)


def cost(facts: ReportFacts) -> Element:
    """Show size, memory and latency as a fresh process of the publisher's machine had them."""
    found = [one for one in facts.verdict.findings if one.check == "budget" and one.verdict != "not applicable"]
    if not found:
        return section("Latency and cost", paragraph("Not measured."))
    return section(
        "Latency and cost",
        paragraph("Measured in a fresh process on the publisher's machine, which is not Lambda; times are medians."),
        table(("what", "measured", "limit", "verdict", "detail"), [_row(one) for one in found], numbers=(1, 2)),
    )


def _row(one: Finding) -> list[Cell]:
    return [one.finding, one.figure, one.threshold, verdict_cell(one.verdict), one.detail]
