"""Blocks of a page: sections, tables, figures, details, lists of facts, paragraphs."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, Content, e

Cell = Content


def section(title: str, *content: Children) -> Element:
    """Return a section with its heading; its id for links is made of the title, which is Fairlead's own text."""
    key = slug(title)
    return e("section", e("h2", title, id=key), *content, aria_labelledby=key)


def slug(title: str) -> str:
    """Return an id made of a section's title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: Sequence[int] = (),
    caption: str = "",
) -> Element:
    """Return a table whose first column is the row's heading.

    Columns in `numbers` are right-aligned; empty columns are left out.
    """
    kept = [at for at in range(len(headings)) if at == 0 or any(_has_content(row[at]) for row in rows)]
    head = [_heading(headings[at], at in numbers) for at in kept]
    return e(
        "div",
        e(
            "table",
            e("caption", caption) if caption else None,
            e("thead", e("tr", head)),
            e("tbody", [e("tr", [_cell(row[at], at, at in numbers) for at in kept]) for row in rows]),
        ),
        class_="scroll",
        tabindex=0,  # a keyboard reaches and scrolls it
    )


def _heading(text: str, number: bool) -> Element:
    return e("th", text, scope="col", class_="number" if number else None) if text else e("td")


def _has_content(content: Cell) -> bool:
    return bool(len(content) or content.text) if isinstance(content, Element) else bool(content)


def _cell(content: Cell, at: int, number: bool) -> Element:
    if isinstance(content, Element) and content.tag in {"td", "th"}:
        return content
    if at == 0:
        return e("th", content, scope="row")
    return e("td", content, class_="number" if number else None)


def figure(drawing: Element, *caption: Children) -> Element:
    """Return a plot with its caption above."""
    return e("figure", e("figcaption", *caption) if caption else None, drawing)


def details(summary: str, *content: Children) -> Element:
    """Return content that opens on demand, such as the numbers of a plot."""
    return e("details", e("summary", summary), *content)


def facts(pairs: Sequence[tuple[str, Children]]) -> Element:
    """Return a list of named facts."""
    return e("dl", [part for name, value in pairs for part in (e("dt", name), e("dd", value))], class_="facts")


def paragraph(*content: Children, soft: bool = True) -> Element:
    """Return a paragraph; `soft` is the lighter style of explanations."""
    return e("p", *content, class_="soft" if soft else None)
