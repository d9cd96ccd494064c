"""The page around a report or a dashboard: one HTML file that opens offline, prints, and loads nothing."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, document, e

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(title: str, styles: str, footer: str, *content: Children) -> str:
    """Return the file: `content` in the main element, above a footer. Text stays text whatever characters it has."""
    return document(
        e(
            "html",
            e(
                "head",
                e("meta", charset="utf-8"),
                e("meta", http_equiv="Content-Security-Policy", content=POLICY),
                e("meta", name="viewport", content="width=device-width, initial-scale=1"),
                e("meta", name="referrer", content="no-referrer"),
                e("title", title),
                e("link", rel="icon", href="data:,"),
                e("style", styles),
            ),
            e("body", e("main", *content, e("footer", f"{footer} · this file needs no network."))),
            lang="en",
        )
    )


def titles(sections: Sequence[Element]) -> list[str]:
    """Return the headings of sections, for the links to them."""
    return [section[0].text or "" for section in sections]
