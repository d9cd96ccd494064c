"""Building blocks of sections: headings, tables, figures, lists of facts."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, Content, e

Cell = Content


def section(title: str, *content: Children) -> Element:
    """A section with its heading; the id that links go to is made of our own title."""
    key = slug(title)
    return e("section", e("h2", title, id=key), *content, aria_labelledby=key)


def slug(title: str) -> str:
    """An id from one of our own titles."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: Sequence[int] = (),
    caption: str = "",
) -> Element:
    """A table whose first column names each row; columns in `numbers` stand to the right, empty ones are left out."""
    kept = [at for at in range(len(headings)) if at == 0 or any(_says(row[at]) for row in rows)]
    head = [e("th", headings[at], scope="col", class_="number" if at in numbers else None) for at in kept]
    return e(
        "div",
        e(
            "table",
            e("caption", caption) if caption else None,
            e("thead", e("tr", head)),
            e("tbody", [e("tr", [_cell(row[at], at, at in numbers) for at in kept]) for row in rows]),
        ),
        class_="scroll",
    )


def _says(content: Cell) -> bool:
    return bool(len(content) or content.text) if isinstance(content, Element) else bool(content)


def _cell(content: Cell, at: int, number: bool) -> Element:
    if isinstance(content, Element) and content.tag in {"td", "th"}:
        return content
    if at == 0:
        return e("th", content, scope="row")
    return e("td", content, class_="number" if number else None)


def figure(drawing: Element, *caption: Children) -> Element:
    """A drawing with its caption above, as a heading."""
    return e("figure", e("figcaption", *caption) if caption else None, drawing)


def folded(summary: str, *content: Children) -> Element:
    """Content that opens on demand: the numbers behind a drawing."""
    return e("details", e("summary", summary), *content)


def facts(pairs: Sequence[tuple[str, Children]]) -> Element:
    """Facts by name."""
    return e("dl", [part for name, said in pairs for part in (e("dt", name), e("dd", said))], class_="facts")


def paragraph(*content: Children, soft: bool = True) -> Element:
    """A paragraph; soft ones explain."""
    return e("p", *content, class_="soft" if soft else None)
