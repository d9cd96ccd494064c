"""The legend of the inputs' histograms."""

from xml.etree.ElementTree import Element

from fairlead.html.axes import svg
from fairlead.html.elements import e


def legend(*, training: bool) -> Element:
    """Explain bars and ticks; with `training`, outlines and rings too."""
    bar = svg(18, 12, "Filled bar", "A filled bar", e("rect", x=0.0, y=1.0, width=18.0, height=10.0, class_="bar"))
    edge = svg(18, 12, "Short stroke", "A short stroke", e("line", x1=9.0, x2=9.0, y1=2.0, y2=10.0, class_="edge"))
    items = [e("li", bar, "held-out rows")]
    if training:
        dashes = e("polyline", points="0,11 0,5 9,5 9,2 18,2", class_="outline")
        items.append(e("li", svg(18, 12, "Dashed outline", "A dashed outline", dashes), "training rows, numbers"))
        ring = e("circle", cx=9.0, cy=6.0, r=4.5, class_="ring")
        items.append(e("li", svg(18, 12, "Ring", "A ring", ring), "training rows, categories"))
    return e("ul", [*items, e("li", edge, "edges of the baseline's bins")], class_="keys")
