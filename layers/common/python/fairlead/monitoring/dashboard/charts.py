"""Charts over time: traffic by version, quality with intervals, coverage of outcomes, drift by input and answer."""

from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from fairlead.html.axes import Frame, Scale, line, svg, ticks
from fairlead.html.elements import e
from fairlead.html.formatting import figure, metric, plural
from fairlead.monitoring.dashboard.time_axis import Mark, drawn_marks, time_axis, times, utc_text
from fairlead.monitoring.history import Course, Line, Point

WIDE, NARROW = 1012.0, 490.0
SMALL, LOW = 320.0, 140.0
HIGHEST_PSI = 1.0
"""Upper end of drift charts; a larger PSI is written as a number beside the line."""
SHADES = 4
"""Number of shades of version bands; they repeat, and each band is labelled with its version."""


def bands(course: Course, marks: Sequence[Mark]) -> Element:
    """Draw the rows that each version answered by step, as stacked bands."""
    height = 250.0
    totals = [sum(one.points[at].predictions for one in course.lines) for at in range(_steps(course))]
    top = max([1, *totals])
    frame = Frame(times(course.start, course.end, 58, WIDE - 12), Scale(0, top, height - 40, 28))
    base = [0] * len(totals)
    parts: list[Element] = []
    for number, one in enumerate(course.lines):
        parts += _band(frame, course, one, base, number)
        base = [below + point.predictions for below, point in zip(base, one.points, strict=True)]
    said = "; ".join(
        f"version {one.version} answered {plural(sum(point.predictions for point in one.points), 'row')}"
        for one in course.lines
    )
    return svg(
        WIDE, height, "Rows answered by version", f"{said}.", frame.axes(y_ticks=ticks(0, top), y_label="rows a step"),
        time_axis(frame), parts, drawn_marks(marks, frame),
    )  # fmt: skip


def quality(course: Course, one: Line, reach: tuple[float, float], marks: Sequence[Mark]) -> Element:
    """Draw a version's figure as a line with its interval as a band, and the published figure as a dashed line."""
    height = 260.0
    frame = Frame(times(course.start, course.end, 58, NARROW - 12), Scale(*reach, height - 40, 30))
    runs = [list(run) for known, run in groupby(one.points, key=lambda point: point.quality is not None) if known]
    last = next((point.quality for point in reversed(one.points) if point.quality), None)
    published = one.published.value if one.published else None
    said = f"Latest {figure(last.value)}" if last else "Too few outcomes for a figure"
    return svg(
        NARROW, height, f"{metric(one.metric)} of version {one.version} over time",
        f"{said}; published {figure(published)}.",
        frame.axes(y_ticks=ticks(*reach), y_label=metric(one.metric)), time_axis(frame),
        [_interval(frame, run) for run in runs],
        line([(frame.x.low, published), (frame.x.high, published)], frame, kind="reference") if published else None,
        [_figures(frame, run) for run in runs],
        drawn_marks(marks, frame),
        None if last else _nothing(frame),
    )  # fmt: skip


def coverage(course: Course, one: Line) -> Element:
    """Draw the share of predictions that have an outcome by now, by step."""
    height = 190.0
    frame = Frame(times(course.start, course.end, 58, NARROW - 12), Scale(0, 1, height - 40, 30))
    step = course.step_minutes * 60
    bars = [
        _bar(frame, point.at.timestamp() - step, step, min(1.0, point.outcomes / point.predictions), "bar")
        for point in one.points
        if point.predictions
    ]
    predicted, known = (sum(getattr(point, name) for point in one.points) for name in ("predictions", "outcomes"))
    return svg(
        NARROW, height, f"Known outcomes of version {one.version} over time",
        f"Of {plural(predicted, 'prediction')} {known:,} have an outcome by now.",
        frame.axes(y_ticks=(0, 0.5, 1), y_label="share with an outcome"), time_axis(frame), bars,
    )  # fmt: skip


def drift(course: Course, one: Line, name: str, limit: float) -> Element:
    """Draw the PSI of an input or answer, with the threshold of drift; a PSI above 1 is drawn at 1."""
    known = [(point.at.timestamp(), point.psi[name]) for point in one.points if name in point.psi]
    top = min(HIGHEST_PSI, max([2.5 * limit, *(psi * 1.15 for _, psi in known)]))
    frame = Frame(times(course.start, course.end, 44, SMALL - 12), Scale(0, top, LOW - 26, 16))
    points = [
        [(point.at.timestamp(), min(point.psi[name], top)) for point in run]
        for there, run in groupby(one.points, key=lambda point: name in point.psi)
        if there
    ]
    last = known[-1][1] if known else None
    note = None
    if known and known[-1][1] > top:
        note = e("text", figure(last), x=frame.x.end - 2, y=frame.y.end - 4, text_anchor="end", class_="note")
    return svg(
        SMALL, LOW, f"Drift of {name} over time",
        f"Latest {figure(last)}; drift starts at {figure(limit)}.",
        frame.axes(y_ticks=ticks(0, top, about=3)), time_axis(frame),
        line([(frame.x.low, limit), (frame.x.high, limit)], frame, kind="reference"),
        [line(run, frame) if len(run) > 1 else _dot(frame, *run[0]) for run in points], note,
    )  # fmt: skip


def reach(lines: Sequence[Line]) -> tuple[float, float]:
    """Return the range of figures that all versions' charts share."""
    found = [point.quality for one in lines for point in one.points if point.quality]
    found += [one.published for one in lines if one.published]
    low = min([one.value if one.low is None else one.low for one in found], default=0.0)
    high = max([one.value if one.high is None else one.high for one in found], default=1.0)
    margin = (high - low) * 0.06 or 0.05
    return low - margin, high + margin


def _steps(course: Course) -> int:
    return max((len(one.points) for one in course.lines), default=0)


def _band(frame: Frame, course: Course, one: Line, base: Sequence[int], number: int) -> list[Element]:
    """Draw a version's bars on top of those below, and its label in the middle of the band."""
    step = course.step_minutes * 60
    parts = [
        _bar(frame, point.at.timestamp() - step, step, point.predictions, f"band band-{number % SHADES}", below=below)
        for below, point in zip(base, one.points, strict=True)
        if point.predictions
    ]
    busy = [(point.at.timestamp(), below + point.predictions / 2) for below, point in zip(base, one.points, strict=True)
            if point.predictions]  # fmt: skip
    middle, height = busy[len(busy) // 2]
    name = e(
        "text", f"version {one.version}", x=min(max(frame.x(middle - step / 2), 100.0), frame.x.end - 40),
        y=frame.y(height) + 4, text_anchor="middle", class_="note halo",
    )  # fmt: skip
    return [*parts, name]


def _bar(frame: Frame, start: float, width: float, tall: float, kind: str, *, below: float = 0) -> Element:
    left, right = frame.x(start), frame.x(start + width)
    high, low = frame.y(below + tall), frame.y(below)
    return e("rect", x=left + 0.5, y=high, width=max(0.5, right - left - 1), height=max(0.5, low - high), class_=kind)


def _interval(frame: Frame, run: Sequence[Point]) -> Element | None:
    known = [(point.at.timestamp(), point.quality) for point in run if point.quality]
    bounds = [(at, one.low, one.high) for at, one in known if one.low is not None and one.high is not None]
    if len(bounds) < 2:
        return None
    outline = [(at, high) for at, _, high in bounds] + [(at, low) for at, low, _ in reversed(bounds)]
    return e("polygon", points=" ".join(f"{frame.x(at):.1f},{frame.y(y):.1f}" for at, y in outline), class_="interval")


def _figures(frame: Frame, run: Sequence[Point]) -> Element:
    points = [(point.at.timestamp(), point.quality.value) for point in run if point.quality]
    return line(points, frame) if len(points) > 1 else _dot(frame, *points[0])


def _nothing(frame: Frame) -> Element:
    middle = (frame.x.start + frame.x.end) / 2
    return e("text", "too few outcomes", x=middle, y=120.0, text_anchor="middle", class_="label")


def _dot(frame: Frame, at: float, value: float) -> Element:
    return e("circle", cx=frame.x(at), cy=frame.y(value), r=3.0, class_="dot")


def caption(course: Course) -> str:
    """Return the caption with the time range of all charts."""
    return f"{utc_text(course.start)} to {utc_text(course.end)} UTC, in steps of {_length(course.step_minutes)}"


def _length(minutes: int) -> str:
    return plural(minutes // 60, "hour") if minutes % 60 == 0 else plural(minutes, "minute")
