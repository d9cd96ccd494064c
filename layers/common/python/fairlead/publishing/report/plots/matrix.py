"""The confusion matrix: counts and shares of the true class in cells, darker with the share."""

from xml.etree.ElementTree import Element

from fairlead.publishing.report.facts import Confusion
from fairlead.publishing.report.markup import e
from fairlead.publishing.report.plots.frame import svg
from fairlead.publishing.report.words import clipped, share

LIGHT, DARK = (255, 255, 255), (31, 58, 95)
LEFT = 132.0
LONGEST = 18
WHITE_FROM = 0.5


def matrix(confusion: Confusion) -> Element:
    """Draw true classes as rows, answered classes as columns."""
    columns = len(confusion.answers)
    cell = 92.0 if columns <= 4 else 66.0 if columns <= 7 else 50.0
    tall = 46.0 if columns <= 7 else 34.0
    slanted = columns > 4 or any(len(name) > 12 for name in confusion.answers)
    top = 96.0 if slanted else 44.0
    parts: list[Element] = [e("text", "answered", x=LEFT, y=14.0, class_="label")]
    parts.append(e("text", "true", x=LEFT - 10, y=top - 8, text_anchor="end", class_="label"))
    parts += [
        _heading(name, LEFT + (at + 0.5) * cell, top - 8, slanted=slanted) for at, name in enumerate(confusion.answers)
    ]
    for at, (name, counts) in enumerate(zip(confusion.truths, confusion.counts, strict=True)):
        y = top + at * tall
        parts.append(
            e("text", clipped(name, LONGEST), x=LEFT - 10, y=y + tall / 2 + 4, text_anchor="end", class_="name")
        )
        parts += [
            part
            for place, count in enumerate(counts)
            for part in _cell(LEFT + place * cell, y, cell, tall, count, sum(counts))
        ]
    width = LEFT + columns * cell + (70 if slanted else 8)
    return svg(width, top + len(confusion.truths) * tall + 6, "Confusion matrix", _described(confusion), parts)


def _heading(name: str, x: float, y: float, *, slanted: bool) -> Element:
    if not slanted:
        return e("text", name, x=x, y=y, text_anchor="middle", class_="name")
    return e("text", clipped(name, LONGEST), x=x, y=y, transform=f"rotate(-35 {x:.1f} {y:.1f})", class_="name")


def _cell(x: float, y: float, width: float, height: float, count: int, total: int) -> list[Element]:
    part = count / total if total else 0.0
    ink = "cell light" if part > WHITE_FROM else "cell"
    found = [e("rect", x=x + 1, y=y + 1, width=width - 2, height=height - 2, fill=_shade(part), class_="box")]
    middle = x + width / 2
    if height < 40:
        return [
            *found,
            e("text", f"{count:,}" if count else "·", x=middle, y=y + height / 2 + 4, text_anchor="middle", class_=ink),
        ]
    return [
        *found,
        e("text", f"{count:,}", x=middle, y=y + height / 2 - 2, text_anchor="middle", class_=f"{ink} strong"),
        e("text", share(count, total), x=middle, y=y + height / 2 + 13, text_anchor="middle", class_=ink),
    ]


def _shade(part: float) -> str:
    return "#" + "".join(f"{round(light + (dark - light) * part):02x}" for light, dark in zip(LIGHT, DARK, strict=True))


def _described(confusion: Confusion) -> str:
    """Say what is right, and the largest mistakes."""
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
        return "Every row is answered with its true class."
    listed = "; ".join(f"{count:,} of {truth} answered {answer}" for count, truth, answer in mistakes[:5])
    return f"The largest mistakes: {listed}."
