"""Bar plots of numbers and categories: filled bars for held-out rows, an outline or rings for training rows."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.html.axes import Frame, Scale, line, svg, ticks
from fairlead.html.elements import e
from fairlead.html.formatting import clipped, figure, plural, share
from fairlead.publishing.report.facts import Histogram

WIDTH = 320.0
HEIGHT = 170.0
BAR = 19.0
LABEL = 14


def histogram(
    held_out: Histogram,
    title: str,
    *,
    training: Histogram | None = None,
    edges: Sequence[float] = (),
    zero: bool = False,
    x_label: str = "",
    height: float = HEIGHT,
    width: float = WIDTH,
) -> Element:
    """Draw shares in bars of equal width; ticks under the axis are the baseline's bin edges, `zero` marks zero."""
    shares = _shares(held_out)
    before = _shares(training) if training else []
    top = max([*shares, *before, 1e-9])
    low, high = held_out.low, held_out.high
    frame = Frame(Scale(low, high, 40, width - 12), Scale(0, top, height - (42 if x_label else 28), 14))
    step = (high - low) / len(shares)
    bars = [_bar(frame, low + at * step, step, part) for at, part in enumerate(shares) if part]
    middle = line([(0.0, 0.0), (0.0, top)], frame, kind="reference") if zero and low < 0 < high else None
    y_ticks = ticks(0, top, about=3)
    return svg(
        width,
        height,
        title,
        _described(held_out, shares, edges),
        frame.axes(y_ticks=y_ticks, x_label=x_label),
        bars,
        middle,
        line(_steps(low, step, before), frame, kind="outline") if before else None,
        _marks(frame, [edge for edge in edges if low < edge < high]),
        [
            e("text", figure(x), x=frame.x(x), y=frame.y.start + 18, text_anchor="middle", class_="tick")
            for x in ticks(low, high)
        ],
    )


def categories(names: Sequence[str], counts: Sequence[int], title: str, *, training: Sequence[int] = ()) -> Element:
    """Draw one bar for each category with its share; rings are the training rows' shares."""
    total, before = max(1, sum(counts)), max(1, sum(training))
    top = max([count / total for count in counts] + [count / before for count in training] + [1e-9])
    x = Scale(0, top, 118, WIDTH - 58)
    parts = []
    for at, (name, count) in enumerate(zip(names, counts, strict=True)):
        y = 8 + at * BAR
        parts.append(e("text", clipped(name, LABEL), x=112.0, y=y + 11, text_anchor="end", class_="tick"))
        parts.append(e("rect", x=118.0, y=y + 1, width=x(count / total) - 118, height=BAR - 6, class_="bar"))
        parts.append(e("text", share(count, total), x=WIDTH - 2, y=y + 11, text_anchor="end", class_="tick"))
        if training:
            parts.append(e("circle", cx=x(training[at] / before), cy=y + 7.5, r=4.5, class_="ring"))
    shares = ", ".join(f"{name} {share(count, total)}" for name, count in zip(names, counts, strict=True))
    axis = e("line", x1=118.0, x2=118.0, y1=4.0, y2=8 + len(names) * BAR, class_="axis")
    return svg(WIDTH, 12 + len(names) * BAR, title, f"Shares of the held-out rows: {shares}.", parts, axis)


def _marks(frame: Frame, edges: Sequence[float]) -> list[Element]:
    y = frame.y.start
    return [e("line", x1=frame.x(edge), x2=frame.x(edge), y1=y, y2=y + 5, class_="edge") for edge in edges]


def _bar(frame: Frame, start: float, width: float, part: float) -> Element:
    left, right = frame.x(start), frame.x(start + width)
    return e(
        "rect",
        x=left + 0.5,
        y=frame.y(part),
        width=max(0.5, right - left - 1),
        height=frame.y.start - frame.y(part),
        class_="bar",
    )


def _shares(one: Histogram) -> list[float]:
    total = max(1, sum(one.counts) + one.below + one.above)
    return [count / total for count in one.counts]


def _steps(low: float, width: float, shares: Sequence[float]) -> list[tuple[float, float]]:
    points = [(low, 0.0)]
    for at, part in enumerate(shares):
        points += [(low + at * width, part), (low + (at + 1) * width, part)]
    return [*points, (low + len(shares) * width, 0.0)]


def _described(one: Histogram, shares: Sequence[float], edges: Sequence[float]) -> str:
    fullest = max(range(len(shares)), key=shares.__getitem__)
    width = (one.high - one.low) / len(shares)
    start = one.low + fullest * width
    text = (
        f"From {figure(one.low)} to {figure(one.high)}; most rows, {shares[fullest]:.0%}, "
        f"between {figure(start)} and {figure(start + width)}."
    )
    outside = one.below + one.above
    if outside:
        text += f" {plural(outside, 'row lies', 'rows lie')} outside the plot."
    return text + (f" The baseline has {plural(len(edges) + 1, 'bin')}." if edges else "")
