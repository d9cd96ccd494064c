"""The page around the content: head, way back, tabs, main element, footer."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, e
from fairlead.html.page import whole
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead_cli import clock
from fairlead_cli.console.visit import Page, Visit, link

MODEL_TABS = (("Versions", ()), ("Timeline", ("timeline",)), ("Decisions", ("decisions",)), ("Monitor", ("monitor",)))
VERSION_TABS = (("Facts", ()), ("Report", ("report",)), ("API", ("api",)))
EVERY = 30
"""Seconds between two refreshes of a live page."""


def framed(visit: Visit, page: Page, path: str) -> str:
    """Return the page as HTML; `path` is its own address, which marks the present link."""
    head: list[Element] = [e("link", rel="stylesheet", href=visit.href("console.css"))]
    if page.live:
        head.append(e("script", src=visit.href("live.js"), defer=True))
    return whole(
        f"{page.title} · Fairlead console",
        head,
        e("a", "Skip to the content", href="#content", class_="skip"),
        e("div", _navigation(visit, path), class_="bar"),
        e("main", _refreshing() if page.live else None, e("div", page.content, id="content", tabindex="-1")),
        _footer(visit),
    )


def leading_to(url: str) -> str:
    """Return a page that leads to the console at once."""
    return whole("Fairlead console", e("meta", http_equiv="refresh", content=f"0; url={url}"), link(url, url))


def _navigation(visit: Visit, path: str) -> list[Element]:
    parts = [_links("Place", list(_trail(visit)), path, kind="trail")]
    if "version" in visit.names:
        parts.append(_links("Version", _tabs(VERSION_TABS, visit.of_version(visit.version)), path, kind="tabs"))
    elif "model" in visit.names:
        parts.append(_links("Model", _tabs(MODEL_TABS, visit.of_model()), path, kind="tabs"))
    return parts


def _trail(visit: Visit) -> Iterator[tuple[str, str]]:
    """Yield the pages above, from the fleet down, with their addresses."""
    yield "Fleet", visit.href()
    if "stack" in visit.names:
        yield visit.names["stack"], visit.of_stack()
    if "model" in visit.names:
        yield visit.model, visit.of_model()
    if "version" in visit.names:
        yield f"version {visit.version}", visit.of_version(visit.version)


def _tabs(tabs: Sequence[tuple[str, tuple[str, ...]]], base: str) -> list[tuple[str, str]]:
    return [(title, "/".join((base, *parts))) for title, parts in tabs]


def _links(label: str, links: Sequence[tuple[str, str]], path: str, *, kind: str) -> Element:
    items = [e("li", _present(link(title, href), href == path)) for title, href in links]
    return e("nav", e("ol" if kind == "trail" else "ul", items), aria_label=label, class_=kind)


def _present(anchor: Element, present: bool) -> Element:
    if present:
        anchor.set("aria-current", "page")
    return anchor


def _refreshing() -> Element:
    """Return the button that pauses the refresh, which the script shows."""
    return e(
        "p",
        e("button", "Pause", type="button", id="pause"),
        e("span", f" Refreshes every {EVERY} seconds. ", class_="soft"),
        e("span", role="status", class_="soft"),
        id="refresh",
        hidden=True,
        data_seconds=EVERY,
    )


def _footer(visit: Visit) -> Element:
    may = "Releases and rollbacks are allowed." if visit.actions else "This console is read-only."
    said: Children = f"Fairlead console · {utc_text(clock.now())} UTC · {may}"
    return e("footer", said)
