"""Renders an overview as one HTML file that opens offline, prints, and makes no network request."""

from xml.etree.ElementTree import Element

from fairlead.html.page import page, titles
from fairlead.html.stylesheet import DARK, STYLES
from fairlead.monitoring.dashboard.sections import SECTIONS
from fairlead.monitoring.dashboard.styles import OWN
from fairlead.monitoring.dashboard.summary import opening
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead.monitoring.overview import Overview


def render(found: Overview, *, above: Element | None = None) -> str:
    """Return the page, with an optional element `above` it. Names and reasons from users are escaped as text."""
    footer = f"Fairlead · as of {utc_text(found.at)} UTC"
    return page(f"{found.model}: monitor", STYLES + OWN + DARK, footer, above, *content(found))


def content(found: Overview) -> list[Element]:
    """Return the header and the sections."""
    made = [section for make in SECTIONS if (section := make(found)) is not None]
    return [opening(found, titles(made)), *made]
