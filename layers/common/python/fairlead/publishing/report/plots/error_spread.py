"""Plot of a regression's errors by its answers."""

from xml.etree.ElementTree import Element

from fairlead.html.axes import Frame, Scale, line, svg, ticks
from fairlead.html.elements import e
from fairlead.html.formatting import figure
from fairlead.publishing.report.facts import Residuals, Spread

WIDTH, HEIGHT = 490.0, 280.0


def spreads(residuals: Residuals) -> Element:
    """Draw box plots of the errors by tenth of the answers: 5 to 95 % as a line, quartiles as a box, the median."""
    low = min(0.0, *(one.errors[0] for one in residuals.spreads))
    high = max(0.0, *(one.errors[-1] for one in residuals.spreads))
    count = len(residuals.spreads)
    frame = Frame(Scale(0, count, 58, WIDTH - 10), Scale(low, high, HEIGHT - 44, 26))
    boxes = [part for at, one in enumerate(residuals.spreads) for part in _box(frame, at, one)]
    medians = "; ".join(f"about {figure(one.answer)}: median {figure(one.errors[2])}" for one in residuals.spreads)
    names = [
        e("text", figure(one.answer), x=frame.x(at + 0.5), y=frame.y.start + 16, text_anchor="middle", class_="tick")
        for at, one in enumerate(residuals.spreads)
    ]
    return svg(
        WIDTH,
        HEIGHT,
        f"Errors of {residuals.of} by answer",
        f"Median error by answer, {medians}. The dashed line is no error.",
        frame.axes(
            y_ticks=ticks(low, high), x_label="answer, in parts of equally many rows (medians)", y_label="error"
        ),
        line([(0, 0), (count, 0)], frame, kind="reference"),
        boxes,
        names,
    )


def _box(frame: Frame, at: int, one: Spread) -> list[Element]:
    x, width = frame.x(at + 0.5), (frame.x(1) - frame.x(0)) * 0.5
    least, early, middle, late, most = (frame.y(error) for error in one.errors)
    return [
        e("line", x1=x, x2=x, y1=least, y2=most, class_="whisker"),
        e("rect", x=x - width / 2, y=late, width=width, height=max(1.0, early - late), class_="half"),
        e("line", x1=x - width / 2, x2=x + width / 2, y1=middle, y2=middle, class_="median"),
    ]
