"""The sections on the parity certificate and on the engine's cost."""

from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.blocks import facts as listed
from fairlead.html.verdicts import findings_table, verdict_cell
from fairlead.publishing.report.facts import ReportFacts


def parity(facts: ReportFacts) -> Element:
    """Return the section with the parity certificate and the robustness findings."""
    manifest = facts.manifest
    proved = manifest.parity
    probes = [one for one in facts.verdict.findings if one.check == "robustness" and one.verdict != "not applicable"]
    if proved is None:
        shown = [paragraph(f"The engine is {manifest.engine.name}: scikit-learn itself answers.", soft=False)]
        shown.append(paragraph(f"Why not onnx: {manifest.engine.reason}.") if manifest.engine.reason else paragraph())
    else:
        pairs: list[tuple[str, str]] = [
            ("engine", manifest.engine.name + (f": {manifest.engine.reason}" if manifest.engine.reason else "")),
            ("rows answered by both", f"{proved.rows:,}"),
            ("beside thresholds and edges", f"{proved.boundary_rows:,} of them"),
            ("labels that differ", f"{proved.label_differences:,}"),
            ("largest difference", f"{proved.largest_difference:.2g}"),
            ("tolerance", f"{proved.tolerance:.2g}"),
        ]
        shown = [listed(pairs)]
    return section("Parity and robustness", shown, findings_table(probes, of_one_check=True) if probes else None)


def cost(facts: ReportFacts) -> Element:
    """Return the section with size, memory and latency, measured in a fresh process on the publisher's machine."""
    found = [one for one in facts.verdict.findings if one.check == "budget" and one.verdict != "not applicable"]
    if not found:
        return section("Latency and cost", paragraph("Not measured."))
    return section(
        "Latency and cost",
        paragraph("Measured in a fresh process on the publisher's machine, not on Lambda; times are mean CPU times."),
        table(("what", "measured", "limit", "verdict", "detail"), [_row(one) for one in found], numbers=(1, 2)),
    )


def _row(one: Finding) -> list[Cell]:
    return [one.finding, one.figure, one.threshold, verdict_cell(one.verdict), one.detail]
