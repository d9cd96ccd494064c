"""Common parts of plots: the svg element, scales, ticks, axes, lines."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.html.elements import Children, e
from fairlead.html.formatting import figure


def svg(width: float, height: float, title: str, description: str, *children: Children) -> Element:
    """Return a plot; `description` is its content as a sentence, for screen readers."""
    return e(
        "svg",
        e("title", title),
        e("desc", description),
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
    )


class Scale(NamedTuple):
    """A map from data to coordinates: `low` is at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return a value's coordinate; a value outside is drawn at the edge."""
        width = self.high - self.low
        part = (value - self.low) / width if width else 0.5
        return self.start + min(1.0, max(0.0, part)) * (self.end - self.start)


class Frame(NamedTuple):
    """A plot's two scales."""

    x: Scale
    y: Scale

    def axes(
        self, *, x_ticks: Sequence[float] = (), y_ticks: Sequence[float] = (), x_label: str = "", y_label: str = ""
    ) -> list[Element]:
        """Draw a base line, tick labels, light grid lines and the axes' labels."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        parts = [e("line", x1=left, x2=right, y1=self.y(tick), y2=self.y(tick), class_="grid") for tick in y_ticks]
        parts.append(e("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis"))
        parts += [
            e("text", figure(tick), x=left - 6, y=self.y(tick) + 3.5, text_anchor="end", class_="tick")
            for tick in y_ticks
        ]
        for tick in x_ticks:
            parts.append(e("line", x1=self.x(tick), x2=self.x(tick), y1=bottom, y2=bottom + 4, class_="axis"))
            parts.append(e("text", figure(tick), x=self.x(tick), y=bottom + 16, text_anchor="middle", class_="tick"))
        if x_label:
            parts.append(e("text", x_label, x=(left + right) / 2, y=bottom + 32, text_anchor="middle", class_="label"))
        if y_label:
            parts.append(e("text", y_label, x=4.0, y=top - 10, class_="label"))
        return parts


def line(points: Sequence[tuple[float, float]], frame: Frame, *, kind: str = "line") -> Element:
    """Draw a line through data points."""
    drawn = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
    return e("polyline", points=drawn, class_=kind)


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Return round numbers in the range, 1, 2 or 5 times a power of ten apart (Heckbert, Graphics Gems, 1990)."""
    width = high - low
    if not (math.isfinite(width) and width > 0):
        return [low] if math.isfinite(low) else []
    rough = width / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    found = itertools.takewhile(lambda tick: tick <= high + step * 1e-9, (n * step for n in itertools.count(first)))
    return [float(f"{tick:.12g}") + 0.0 for tick in itertools.islice(found, 4 * about)]
