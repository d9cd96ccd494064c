"""Rendering: an overview as one HTML file that opens offline, prints, and asks nothing of anybody."""

from fairlead.monitoring.overview import Overview
from fairlead.monitoring.page.opening import opening
from fairlead.monitoring.page.sections import SECTIONS
from fairlead.monitoring.page.times import spelt
from fairlead.publishing.report.markup import document, e
from fairlead.publishing.report.rendering import POLICY
from fairlead.publishing.report.styles import STYLES

OWN = """
svg .band-0 { fill: #7191b7; } svg .band-1 { fill: #c9a26a; }
svg .band-2 { fill: #8fae8b; } svg .band-3 { fill: #b9a0bd; }
svg .interval { fill: #dbe4ee; }
svg .mark { stroke: #a11d2c; stroke-width: 1.2; stroke-dasharray: 2 3; }
svg .note.halo { fill: var(--ink); }
.wide { overflow-x: auto; } .wide svg { min-width: 720px; }
td:last-child { min-width: 15em; } td.number:last-child { min-width: 0; }
td.standing { font-weight: 600; color: #a11d2c; }
"""


def render(found: Overview) -> str:
    """Write the page. Names and reasons that people chose stay text whatever they hold."""
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
                e("style", STYLES + OWN),
            ),
            e(
                "body",
                e(
                    "main",
                    opening(found, titles),
                    made,
                    e("footer", f"Fairlead · seen at {spelt(found.at)} UTC · this file needs no network."),
                ),
            ),
            lang="en",
        )
    )
