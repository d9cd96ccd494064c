"""Rendering: an overview as one HTML file that opens offline, prints, and asks nothing of anybody."""

from xml.etree.ElementTree import Element

from fairlead.html.page import page, titles
from fairlead.html.stylesheet import STYLES
from fairlead.monitoring.dashboard.sections import SECTIONS
from fairlead.monitoring.dashboard.styles import DARK, OWN
from fairlead.monitoring.dashboard.summary import opening
from fairlead.monitoring.dashboard.time_axis import spelt
from fairlead.monitoring.overview import Overview


def render(found: Overview, *, above: Element | None = None) -> str:
    """Write the page, with something `above` it. Names and reasons that people chose stay text whatever they hold."""
    made = [section for make in SECTIONS if (section := make(found)) is not None]
    return page(
        f"{found.model}: monitor",
        STYLES + OWN + DARK,
        f"Fairlead · seen at {spelt(found.at)} UTC",
        above,
        opening(found, titles(made)),
        made,
    )
