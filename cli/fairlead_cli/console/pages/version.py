"""A version's facts, and its report."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import facts as facts_block
from fairlead.html.blocks import section, table
from fairlead.html.elements import Children, e
from fairlead.html.verdicts import findings_table
from fairlead.model.manifest import Metric
from fairlead.registry.retirements import retirement
from fairlead_cli.console.messages import Response
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.manifest_view import facts, field_cells
from fairlead_cli.stack import live_model, release_command
from fairlead_cli.version_files import file_of

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"
)
"""The report is its publisher's file: it runs nothing, sends nothing, and has an origin of its own."""
ORDER = ("fail", "inconclusive", "warn", "pass", "not applicable")


def page(visit: Visit) -> Page:
    """Return a version's facts; raises NotFoundError."""
    manifest, sha256 = visit.registry.manifest(visit.model, visit.version)
    retired = retirement(visit.registry, visit.model, visit.version)
    fields = [field_cells(field) for field in manifest.signature.inputs]
    findings = sorted(manifest.findings, key=lambda one: (not one.refuses, ORDER.index(one.verdict)))
    return Page(
        f"{visit.model} version {visit.version}",
        [
            e(
                "header",
                e("p", "Version", class_="kicker"),
                e("h1", f"{visit.model}, version {visit.version}"),
                e("p", _release(visit)),
            ),
            section("Facts", facts_block(facts(manifest, sha256, retired)[1:])),
            section("Inputs", table(("input", "kind", "missing", "precision", "seen"), fields)),
            section("Metrics", _metrics(manifest.metrics)) if manifest.metrics else None,
            section("Findings of the gate", findings_table(findings)) if findings else None,
        ],
    )


def _release(visit: Visit) -> Children:
    if visit.actions:
        return link("Release this version", visit.of_version(visit.version, "release"))
    command = release_command(visit.model, visit.version, live_model(visit.settings))
    return ["To release it: ", e("code", f"{command} --stack {visit.stack.name}")]


def _metrics(metrics: dict[str, Metric]) -> Element:
    rows = [
        (formatting.metric(name), formatting.figure(one.value), formatting.interval(one))
        for name, one in metrics.items()
    ]
    return table(("metric", "value", "interval"), rows, numbers=(1,))


def report(visit: Visit) -> Page:
    """Return the page with a version's report in a frame; raises NotFoundError where it has none."""
    manifest, _ = visit.registry.manifest(visit.model, visit.version)
    visit.registry.blob(file_of(manifest, "report"))  # its error belongs here: no frame may show a page of ours
    return framed_file(visit, "Report", "report.html")


def report_file(visit: Visit) -> Response:
    """Return the report as it is stored, closed in by its policy."""
    manifest, _ = visit.registry.manifest(visit.model, visit.version)
    return Response(200, visit.registry.blob(file_of(manifest, "report")), policy=SANDBOX)


def framed_file(visit: Visit, title: str, file: str) -> Page:
    """Return a page with a file of the version in a frame."""
    named = f"{title} of {visit.model} version {visit.version}"
    return Page(named, [e("h1", named), e("iframe", src=visit.of_version(visit.version, file), title=named)])
