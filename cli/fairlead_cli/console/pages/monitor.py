"""The monitor of a model, which refreshes itself."""

from fairlead.html.elements import Children, e
from fairlead.monitoring.dashboard import content
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.overview import overview

SPANS = ((3, "3 hours"), (24, "24 hours"), (168, "a week"), (720, "30 days"))


def page(visit: Visit) -> Page:
    """Return the monitor's page over the `hours` of the query; raises NotFoundError, StorageError."""
    hours = visit.number("hours", 24, 720)
    found = overview(visit.settings, visit.model, hours)
    return Page(f"{visit.model}: monitor", [_spans(visit, hours), content(found)], live=True)


def _spans(visit: Visit, chosen: int) -> Children:
    links = []
    for hours, said in SPANS:
        one = link(said, visit.of_model("monitor", hours=hours))
        if hours == chosen:
            one.set("aria-current", "true")
        links.append(e("li", one))
    return e("nav", e("ul", links), aria_label="Time range", class_="spans")
