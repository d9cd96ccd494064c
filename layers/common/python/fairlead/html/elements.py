"""HTML documents as trees: text stays text, so a name or category that a user chose never becomes markup.

The standard library serializes the tree; this package never joins strings of HTML.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, tostring

Content = Element | str | None
Children = Content | Iterable["Children"]
Attribute = str | float | bool | None

# XML 1.0 and HTML allow none of these; lone surrogates cannot even be encoded.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# They change the direction of the text around them, so a name could change how its neighbours read.
BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")


def e(tag: str, *children: Children, **attributes: Attribute) -> Element:
    """Return an element: `class_` is class, `stroke_width` is stroke-width; None and False are left out."""
    element = Element(tag)
    for name, value in attributes.items():
        if value is not None and value is not False:
            element.set(name.rstrip("_").replace("_", "-"), _attribute(value))
    for child in _flat(children):
        _append(element, child)
    return element


def clean(text: str) -> str:
    """Replace characters that a document must not contain by a visible mark."""
    return BIDIRECTIONAL.sub("�", FORBIDDEN.sub("�", text))


def document(root: Element) -> str:
    """Return the page; each plot's title and description get ids, which its aria-labelledby refers to."""
    for number, drawing in enumerate(root.iter("svg"), 1):
        named = [part for part in drawing if part.tag in {"title", "desc"}]
        for part in named:
            part.set("id", f"{part.tag}-{number}")
        drawing.set("aria-labelledby", " ".join(part.attrib["id"] for part in named))
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _append(element: Element, child: Element | str) -> None:
    if isinstance(child, Element):
        element.append(child)
    elif len(element):
        element[-1].tail = (element[-1].tail or "") + clean(child)
    else:
        element.text = (element.text or "") + clean(child)


def _flat(children: Iterable[Children]) -> Iterator[Element | str]:
    for child in children:
        if isinstance(child, Element | str):
            yield child
        elif child is not None:
            yield from _flat(child)


def _attribute(value: Attribute) -> str:
    if value is True:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else clean(str(value))
