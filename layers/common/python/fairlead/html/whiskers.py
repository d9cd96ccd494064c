"""Plots of values with intervals: a whisker from low to high, a dot at the value."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.html.axes import Frame, Scale, line, svg, ticks
from fairlead.html.elements import e
from fairlead.html.formatting import clipped, figure

WIDTH = 660.0
ROW = 24.0
LONGEST = 34


class Interval(NamedTuple):
    """One row of the plot."""

    name: str
    value: float
    low: float
    high: float


def forest(
    rows: Sequence[Interval], title: str, description: str, *, x_label: str = "", reference: float = 0.0
) -> Element:
    """Draw a forest plot: one row for each interval on a common scale, with a dashed line at the reference."""
    low = min([reference, *(row.low for row in rows)])
    high = max([reference, *(row.high for row in rows)])
    margin = (high - low) * 0.04 or 0.5
    height = len(rows) * ROW + 52
    label = 14 + 6.9 * min(LONGEST, max(len(row.name) for row in rows))
    frame = Frame(Scale(low - margin, high + margin, label + 10, WIDTH - 90), Scale(len(rows), 0, height - 44, 8))
    parts = [part for at, row in enumerate(rows) for part in _row(frame, at, row)]
    axes = frame.axes(x_ticks=ticks(low - margin, high + margin, about=5), x_label=x_label)
    dashed = line([(reference, 0), (reference, len(rows))], frame, kind="reference")
    return svg(WIDTH, height, title, description, axes, dashed, parts)


def _row(frame: Frame, at: int, row: Interval) -> list[Element]:
    y = frame.y(at + 0.5)
    return [
        e("text", clipped(row.name, LONGEST), x=frame.x.start - 10, y=y + 4, text_anchor="end", class_="name"),
        *whisker(frame.x, y, row),
        e("text", figure(row.value), x=WIDTH - 4, y=y + 4, text_anchor="end", class_="tick"),
    ]


def whisker(x: Scale, y: float, row: Interval) -> list[Element]:
    """Draw one interval with end strokes and a dot at its value."""
    low, high = x(row.low), x(row.high)
    return [
        e("line", x1=low, x2=high, y1=y, y2=y, class_="whisker"),
        e("line", x1=low, x2=low, y1=y - 4, y2=y + 4, class_="whisker"),
        e("line", x1=high, x2=high, y1=y - 4, y2=y + 4, class_="whisker"),
        e("circle", cx=x(row.value), cy=y, r=4.0, class_="dot"),
    ]


def glyph(row: Interval, low: float, high: float) -> Element:
    """Draw one interval for a table cell, on a scale from low to high."""
    x = Scale(low, high, 6, 154)
    return svg(
        160,
        16,
        f"{row.name}: {figure(row.value)}, {figure(row.low)} to {figure(row.high)}",
        f"On a scale from {figure(low)} to {figure(high)}.",
        e("line", x1=6.0, x2=154.0, y1=8.0, y2=8.0, class_="grid"),
        whisker(x, 8.0, row),
    )
