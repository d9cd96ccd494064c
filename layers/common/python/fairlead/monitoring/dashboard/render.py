"""Renders an overview as one HTML file that opens offline, prints, and makes no network request."""

from xml.etree.ElementTree import Element

from fairlead.html.page import page, titles
from fairlead.html.stylesheet import STYLES
from fairlead.monitoring.dashboard.sections import SECTIONS
from fairlead.monitoring.dashboard.styles import DARK, OWN
from fairlead.monitoring.dashboard.summary import opening
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead.monitoring.overview import Overview


def render(found: Overview, *, above: Element | None = None) -> str:
    """Return the page, with an optional element `above` it. Names and reasons from users are escaped as text."""
    made = [section for make in SECTIONS if (section := make(found)) is not None]
    return page(
        f"{found.model}: monitor",
        STYLES + OWN + DARK,
        f"Fairlead · as of {utc_text(found.at)} UTC",
        above,
        opening(found, titles(made)),
        made,
    )
