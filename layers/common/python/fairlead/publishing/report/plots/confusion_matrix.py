"""The confusion matrix: cells with counts and shares of the true class; a larger share is darker."""

from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.html.axes import svg
from fairlead.html.elements import e
from fairlead.html.formatting import clipped, share
from fairlead.publishing.report.facts import Confusion

LIGHT, DARK = (255, 255, 255), (31, 58, 95)
LONGEST = 18
WHITE_FROM = 0.5
FAINTEST = 0.08  # shade of the smallest share, so that one error among many rows is visible


def matrix(confusion: Confusion) -> Element:
    """Draw true classes as rows, answered classes as columns."""
    columns = len(confusion.answers)
    grid = _grid(confusion)
    parts: list[Element] = [e("text", "answered", x=grid.left, y=14.0, class_="label")]
    parts.append(e("text", "true", x=grid.left - 10, y=grid.top - 8, text_anchor="end", class_="label"))
    for at, name in enumerate(confusion.answers):
        parts.append(_heading(name, grid.left + (at + 0.5) * grid.width, grid))
    for at, (name, counts) in enumerate(zip(confusion.truths, confusion.counts, strict=True)):
        y = grid.top + at * grid.height
        parts.append(
            e(
                "text",
                clipped(name, LONGEST),
                x=grid.left - 10,
                y=y + grid.height / 2 + 4,
                text_anchor="end",
                class_="name",
            )
        )
        for place, count in enumerate(counts):
            parts += _cell(grid.left + place * grid.width, y, grid, count, sum(counts))
    width = grid.left + columns * grid.width + (70 if grid.slanted else 8)
    height = grid.top + len(confusion.truths) * grid.height + 6
    return svg(width, height, "Confusion matrix", _described(confusion), parts)


class _Grid(NamedTuple):
    """The position of the first cell and the size of each; long headings are slanted."""

    left: float
    top: float
    width: float
    height: float
    slanted: bool


def _grid(confusion: Confusion) -> _Grid:
    columns = len(confusion.answers)
    width = 100.0 if columns <= 4 else 66.0 if columns <= 7 else 54.0
    slanted = any(7.2 * len(name) > width for name in confusion.answers)
    return _Grid(
        left=24 + 7.2 * max(4, min(LONGEST, max(len(name) for name in confusion.truths))),
        top=96.0 if slanted else 44.0,
        width=width,
        height=48.0 if columns <= 7 else 34.0,
        slanted=slanted,
    )


def _heading(name: str, x: float, grid: _Grid) -> Element:
    y = grid.top - 8
    if not grid.slanted:
        return e("text", name, x=x, y=y, text_anchor="middle", class_="name")
    return e("text", clipped(name, LONGEST), x=x, y=y, transform=f"rotate(-35 {x:.1f} {y:.1f})", class_="name")


def _cell(x: float, y: float, grid: _Grid, count: int, total: int) -> list[Element]:
    part = count / total if total else 0.0
    ink = "light" if part > WHITE_FROM else "ink" if count else "none"
    middle, centre = x + grid.width / 2, y + grid.height / 2
    two_lines = count and grid.height > 40
    found = [
        e(
            "rect",
            x=x + 1,
            y=y + 1,
            width=grid.width - 2,
            height=grid.height - 2,
            fill=_shade(max(part, FAINTEST) if count else 0.0),
            class_="box",
        ),
        e("text", f"{count:,}", x=middle, y=centre - 2 if two_lines else centre + 4, text_anchor="middle", class_=ink),
    ]
    if two_lines:
        found[-1].set("class", f"{ink} strong")
        found.append(e("text", share(count, total), x=middle, y=centre + 14, text_anchor="middle", class_=ink))
    return found


def _shade(part: float) -> str:
    return "#" + "".join(f"{round(light + (dark - light) * part):02x}" for light, dark in zip(LIGHT, DARK, strict=True))


def _described(confusion: Confusion) -> str:
    """Return the largest errors as a sentence."""
    mistakes = sorted(
        (
            (count, truth, answer)
            for truth, counts in zip(confusion.truths, confusion.counts, strict=True)
            for answer, count in zip(confusion.answers, counts, strict=True)
            if count and truth != answer
        ),
        key=lambda one: -one[0],
    )
    if not mistakes:
        return "The answer of every row is its true class."
    listed = "; ".join(f"{count:,} of {truth} answered {answer}" for count, truth, answer in mistakes[:5])
    return f"The largest errors: {listed}."
