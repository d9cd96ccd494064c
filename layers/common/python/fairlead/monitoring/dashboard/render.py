"""Rendering: an overview as one HTML file that opens offline, prints, and asks nothing of anybody."""

from xml.etree.ElementTree import Element

from fairlead.html.elements import document, e
from fairlead.html.stylesheet import STYLES
from fairlead.monitoring.dashboard.sections import SECTIONS
from fairlead.monitoring.dashboard.styles import DARK, OWN
from fairlead.monitoring.dashboard.summary import opening
from fairlead.monitoring.dashboard.time_axis import spelt
from fairlead.monitoring.overview import Overview
from fairlead.publishing.report.render import POLICY


def render(found: Overview, *, above: Element | None = None) -> str:
    """Write the page, with something `above` it. Names and reasons that people chose stay text whatever they hold."""
    made = [section for make in SECTIONS if (section := make(found)) is not None]
    titles = [section[0].text or "" for section in made]
    return document(
        e(
            "html",
            e(
                "head",
                e("meta", charset="utf-8"),
                e("meta", http_equiv="Content-Security-Policy", content=POLICY),
                e("meta", name="viewport", content="width=device-width, initial-scale=1"),
                e("meta", name="referrer", content="no-referrer"),
                e("title", f"{found.model}: monitor"),
                e("link", rel="icon", href="data:,"),
                e("style", STYLES + OWN + DARK),
            ),
            e(
                "body",
                e(
                    "main",
                    above,
                    opening(found, titles),
                    made,
                    e("footer", f"Fairlead · seen at {spelt(found.at)} UTC · this file needs no network."),
                ),
            ),
            lang="en",
        )
    )
