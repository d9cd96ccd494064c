"""The time axis and the event marks, which all charts share."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.html.axes import Frame, Scale
from fairlead.html.elements import e

HOUR = 3600.0
STEPS = tuple(HOUR * hours for hours in (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 120, 240))
LABEL = 60.0
"""Width of a tick's label in pixels."""


class Mark(NamedTuple):
    """A journal record in the charts: its number in all of them, and its time."""

    number: int
    at: datetime


def times(start: datetime, end: datetime, left: float, right: float) -> Scale:
    """Return the scale of a time range, in seconds since 1970."""
    return Scale(start.timestamp(), end.timestamp(), left, right)


def time_axis(frame: Frame) -> list[Element]:
    """Draw ticks at round hours or days, UTC."""
    x, bottom = frame.x, frame.y.start
    most = max(2.0, (x.end - x.start) / LABEL)
    step = next((step for step in STEPS if (x.high - x.low) / step <= most), STEPS[-1])
    first = -(-x.low // step) * step
    parts = []
    for number in range(int((x.high - first) // step) + 1):
        at = first + number * step
        place = x(at)
        parts.append(e("line", x1=place, x2=place, y1=bottom, y2=bottom + 4, class_="axis"))
        parts.append(e("text", _tick_text(at, step), x=place, y=bottom + 16, text_anchor="middle", class_="tick"))
    return parts


def drawn_marks(marks: Sequence[Mark], frame: Frame, *, numbers: bool = True) -> list[Element]:
    """Draw marks as lines with their numbers above; numbers that would overlap are joined."""
    parts, top = [], frame.y.end
    groups: list[tuple[float, list[int]]] = []
    for mark in sorted(marks, key=lambda mark: mark.at):
        place = frame.x(mark.at.timestamp())
        parts.append(e("line", x1=place, x2=place, y1=top, y2=frame.y.start, class_="mark"))
        if groups and place - groups[-1][0] < 7 * (1 + len(_joined(groups[-1][1]))):
            groups[-1][1].append(mark.number)
        else:
            groups.append((place, [mark.number]))
    if numbers:
        for place, found in groups:
            parts.append(e("text", _joined(found), x=place, y=top - 5, text_anchor="middle", class_="note halo"))
    return parts


def utc_text(at: datetime) -> str:
    """Return a time as text, in UTC to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _joined(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def _tick_text(seconds: float, step: float) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{at:%-d %b}" if step >= 24 * HOUR or (at.hour == 0 and at.minute == 0) else f"{at:%H:%M}"
