"""The page around a report or a dashboard: one HTML file that opens offline, prints, and loads nothing."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, document, e

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(title: str, styles: str, footer: str, *content: Children) -> str:
    """Return the file: `content` in the main element, above a footer. Text stays text whatever characters it has."""
    head = [
        e("meta", http_equiv="Content-Security-Policy", content=POLICY),
        e("meta", name="referrer", content="no-referrer"),
        e("style", styles),
    ]
    return whole(title, head, e("main", *content, e("footer", f"{footer} · this file needs no network.")))


def whole(title: str, head: Children, *body: Children) -> str:
    """Return a page with its title; `head` are the elements of its head that differ from page to page."""
    return document(
        e(
            "html",
            e(
                "head",
                e("meta", charset="utf-8"),
                e("meta", name="viewport", content="width=device-width, initial-scale=1"),
                e("title", title),
                e("link", rel="icon", href="data:,"),
                head,
            ),
            e("body", *body),
            lang="en",
        )
    )


def titles(sections: Sequence[Element]) -> list[str]:
    """Return the headings of sections, for the links to them."""
    return [section[0].text or "" for section in sections]
