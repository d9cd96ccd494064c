"""Rendering: from facts to one HTML file that opens offline, prints, and asks nothing of anybody."""

from fairlead.html.elements import document, e
from fairlead.html.stylesheet import STYLES
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections import SECTIONS
from fairlead.publishing.report.sections.summary import opening

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(facts: ReportFacts) -> str:
    """Write report.html. Names, categories and reasons that people chose stay text whatever they hold."""
    made = [section for make in SECTIONS if (section := make(facts)) is not None]
    titles = [section[0].text or "" for section in made]
    manifest = facts.manifest
    made_by = f"Fairlead {manifest.environment.get('fairlead', '')}".strip()
    return document(
        e(
            "html",
            e(
                "head",
                e("meta", charset="utf-8"),
                e("meta", http_equiv="Content-Security-Policy", content=POLICY),
                e("meta", name="viewport", content="width=device-width, initial-scale=1"),
                e("meta", name="referrer", content="no-referrer"),
                e("title", f"{manifest.model} version {manifest.version}: report"),
                e("link", rel="icon", href="data:,"),
                e("style", STYLES),
            ),
            e(
                "body",
                e(
                    "main",
                    opening(facts, titles),
                    made,
                    e("footer", f"{made_by} · {manifest.created:%Y-%m-%d %H:%M} UTC · this file needs no network."),
                ),
            ),
            lang="en",
        )
    )
