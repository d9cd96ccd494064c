"""The version report as one HTML file."""

from fairlead.html.page import page, titles
from fairlead.html.stylesheet import DARK, STYLES
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections import SECTIONS
from fairlead.publishing.report.sections.summary import summary


def render(facts: ReportFacts) -> str:
    """Return report.html. Names, categories and reasons stay text whatever characters they have."""
    sections = [section for make in SECTIONS if (section := make(facts)) is not None]
    manifest = facts.manifest
    made_by = f"Fairlead {manifest.environment.get('fairlead', '')}".strip()
    return page(
        f"{manifest.model} version {manifest.version}: report",
        STYLES + DARK,
        f"{made_by} · {manifest.created:%Y-%m-%d %H:%M} UTC",
        summary(facts, titles(sections)),
        sections,
    )
