"""The figures of docs/monitoring.md, as SVG files that need nothing else."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from benchmarks.drift_power import PLANTS, ROWS, TRAFFIC, Power
from benchmarks.drift_scenes import LEVELS, STATED, WAYS, Measured, alarms, judged
from fairlead.publishing.report.markup import e
from fairlead.publishing.report.plots.frame import Frame, Scale, line, svg

STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: #1b1f24; }
.tick { fill: #57606a; font-size: 11px; } .label { fill: #57606a; } .title { font-weight: 600; font-size: 13px; }
.grid { stroke: #e4e8ec; } .axis { stroke: #8b949e; } .whisker { stroke: #1f3a5f; stroke-width: 1.6; }
.reference { fill: none; stroke: #a11d2c; stroke-width: 1.2; stroke-dasharray: 4 4; }
.line { fill: none; stroke: #1f3a5f; stroke-width: 1.8; stroke-linejoin: round; }
.light { fill: none; stroke: #9db2cc; stroke-width: 1.3; stroke-linejoin: round; }
.dot { fill: #1f3a5f; } .square { fill: #fff; stroke: #8a5a00; stroke-width: 1.6; }
.cross { stroke: #a11d2c; stroke-width: 1.8; fill: none; }
"""
LEAST, MOST = 0.01, 100.0
ROW = 22.0
SHADES = ("#b9c9dd", "#7191b7", "#3f669a", "#1f3a5f")


def drawings(measured: Measured, powers: Sequence[Power]) -> dict[str, Element]:
    """Every figure by the name of its file."""
    return {"drift-false-alarms": rates(measured), "drift-levels": levels(measured), "drift-power": power(powers)}


def write(path: Path, drawing: Element) -> None:
    """Write a drawing that stands alone, on white."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.set("xmlns", "http://www.w3.org/2000/svg")
    drawing.insert(2, e("style", STYLE))
    drawing.insert(3, e("rect", width="100%", height="100%", fill="#fff"))
    path.write_text(tostring(drawing, encoding="unicode") + "\n")


def rates(measured: Measured) -> Element:
    """False alarms a month by traffic, on a logarithmic scale, for three ways of judging."""
    top, height = 70.0, 70.0 + ROW * len(measured) + 60
    frame = Frame(Scale(math.log10(LEAST), math.log10(MOST), 330, 790), Scale(0, len(measured), top, height - 60))
    parts = [*_decades(frame, "false alarms a month"), *_key()]
    parts.append(_vertical(frame, STATED))
    for place, (scene, months) in enumerate(measured):
        y = frame.y(place + 0.5)
        parts.append(e("text", scene.words, x=318.0, y=y + 4, text_anchor="end"))
        counts = [alarms(months, rings) for rings in WAYS.values()]
        parts += _marks(frame, y, counts, len(months))
    told = "Each line is traffic without drift; dots are drift as Fairlead judges it, whiskers 95 % intervals."
    return svg(820, height, "False alarms a month", told, parts)


def _marks(frame: Frame, y: float, counts: Sequence[int], months: int) -> list[Element]:
    psi, plain, own = (frame.x(math.log10(max(LEAST, count / months))) for count in counts)
    low, high = (frame.x(math.log10(max(LEAST, bound / months))) for bound in poisson(counts[2]))
    return [
        e("rect", x=psi - 4, y=y - 4, width=8.0, height=8.0, class_="square"),
        e("path", d=f"M{plain - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8", class_="cross"),
        e("line", x1=low, x2=high, y1=y, y2=y, class_="whisker"),
        e("circle", cx=own, cy=y, r=4.5, class_="dot"),
    ]


def _key() -> list[Element]:
    x, y = 330.0, 22.0
    return [
        e("rect", x=x, y=y - 8, width=8.0, height=8.0, class_="square"),
        e("text", "PSI alone", x=x + 15, y=y),
        e("path", d=f"M{x + 100} {y - 8}l8 8m0 -8l-8 8", class_="cross"),
        e("text", "PSI and χ² of single rows", x=x + 115, y=y),
        e("circle", cx=x + 290, cy=y - 4, r=4.5, class_="dot"),
        e("text", "drift (95 % interval)", x=x + 302, y=y),
        e("text", f"left edge: {LEAST:g} or none; dashed: the stated rate, {STATED:g}", x=x, y=y + 22, class_="tick"),
    ]


def _decades(frame: Frame, label: str) -> list[Element]:
    parts = []
    for power in range(round(frame.x.low), round(frame.x.high) + 1):
        x = frame.x(power)
        parts.append(e("line", x1=x, x2=x, y1=frame.y.start, y2=frame.y.end, class_="grid"))
        parts.append(e("text", f"{10.0**power:g}", x=x, y=frame.y.end + 16, text_anchor="middle", class_="tick"))
    middle = (frame.x.start + frame.x.end) / 2
    return [*parts, e("text", label, x=middle, y=frame.y.end + 36, text_anchor="middle", class_="label")]


def _vertical(frame: Frame, value: float) -> Element:
    x = frame.x(math.log10(value))
    return e("line", x1=x, x2=x, y1=frame.y.start, y2=frame.y.end, class_="reference")


def levels(measured: Measured) -> Element:
    """False alarms a month against the level: how it was chosen."""
    frame = Frame(Scale(math.log10(LEVELS[-1]), math.log10(LEVELS[0]), 60, 500), Scale(-2, 1.5, 330, 40))
    parts: list[Any] = [_across(frame, STATED), *_log_axes(frame)]
    ends = []
    for scene, months in measured:
        rated = [alarms(months, _at(level)) / len(months) for level in LEVELS]
        points = [(math.log10(level), math.log10(max(LEAST, one))) for level, one in zip(LEVELS, rated, strict=True)]
        parts.append(line(points, frame, kind="line" if scene.data == "penguins" else "light"))
        ends.append((rated[0], frame.y(points[0][1]), scene.words))
    parts += _labels(sorted(ends, reverse=True)[:8], 508.0)
    told = (
        "The smaller the level, the fewer false alarms; at the default, 0.0001, all lie below the dashed stated rate."
    )
    return svg(820, 380, "False alarms a month by level", told, parts)


def _at(level: float) -> Callable[[Any], bool]:
    return lambda window: judged(window, level)


def _labels(ends: Sequence[tuple[float, float, str]], x: float) -> list[Element]:
    """Labels at the lines' ends, pushed apart."""
    parts, last = [], -math.inf
    for _, y, words in ends:
        last = max(y, last + 14)
        parts.append(e("text", words, x=x, y=last + 4, class_="tick"))
    return parts


def _across(frame: Frame, value: float) -> Element:
    y = frame.y(math.log10(value))
    return e("line", x1=frame.x.start, x2=frame.x.end, y1=y, y2=y, class_="reference")


def _log_axes(frame: Frame) -> list[Element]:
    parts = [e("line", x1=frame.x.start, x2=frame.x.end, y1=frame.y.start, y2=frame.y.start, class_="axis")]
    for level in LEVELS:
        if f"{level:e}".startswith("1"):
            x = frame.x(math.log10(level))
            parts.append(e("text", f"{level:g}", x=x, y=frame.y.start + 16, text_anchor="middle", class_="tick"))
    for power in (-2, -1, 0, 1):
        y = frame.y(power)
        parts.append(e("line", x1=frame.x.start, x2=frame.x.end, y1=y, y2=y, class_="grid"))
        parts.append(e("text", f"{10.0**power:g}", x=frame.x.start - 6, y=y + 4, text_anchor="end", class_="tick"))
    middle = (frame.x.start + frame.x.end) / 2
    parts.append(e("text", "level", x=middle, y=frame.y.start + 36, text_anchor="middle", class_="label"))
    return [*parts, e("text", "false alarms a month", x=8.0, y=22.0, class_="label")]


def power(powers: Sequence[Power]) -> Element:
    """Share of windows that show a planted drift, by rows a day: a panel for each kind and traffic."""
    families = list(dict.fromkeys(plant.family for plant in PLANTS))
    wide, tall = 264.0, 172.0
    parts: list[Any] = []
    for row, family in enumerate(families):
        for column, traffic in enumerate(TRAFFIC):
            left, top = 44 + column * wide, 58 + row * tall
            frame = Frame(
                Scale(math.log10(ROWS[0]), math.log10(ROWS[-1]), left, left + 158), Scale(0, 1, top + 112, top)
            )
            chosen = [one for one in powers if (one.family, one.traffic) == (family, traffic)]
            parts += _panel(frame, family if column == 0 else "", traffic if row == 0 else "", chosen)
    told = "Small drifts need many rows; rows that resemble each other are worth fewer."
    return svg(44 + wide * len(TRAFFIC), 70 + tall * len(families), "Planted drifts that are found", told, parts)


def _panel(frame: Frame, family: str, traffic: str, powers: Sequence[Power]) -> list[Element]:
    left, bottom, top = frame.x.start, frame.y.start, frame.y.end
    parts = [e("text", traffic, x=left, y=22.0, class_="title")] if traffic else []
    parts += [e("text", f"{family}: share of days found", x=left - 40, y=top - 12, class_="label")] if family else []
    for share in (0, 0.5, 1):
        parts.append(e("line", x1=left, x2=frame.x.end, y1=frame.y(share), y2=frame.y(share), class_="grid"))
        parts.append(e("text", f"{share:.0%}", x=left - 5, y=frame.y(share) + 4, text_anchor="end", class_="tick"))
    for rows in ROWS:
        x = frame.x(math.log10(rows))
        parts.append(e("text", f"{rows:,}", x=x, y=bottom + 15, text_anchor="middle", class_="tick"))
    if not family:
        parts.append(e("text", "rows a day", x=frame.x.end + 12, y=bottom + 15, class_="tick"))
    ends = []
    sizes = list(dict.fromkeys(one.size for one in powers))
    for shade, size in zip(SHADES[-len(sizes) :], sizes, strict=True):
        points = [(math.log10(one.rows), one.found / one.windows) for one in powers if one.size == size]
        drawn = line(points, frame)
        drawn.set("style", f"stroke: {shade}")
        parts.append(drawn)
        ends.append((points[-1][1], frame.y(points[-1][1]), size))
    return parts + _labels(sorted(ends, key=lambda end: end[1]), frame.x.end + 6)


def poisson(count: int) -> tuple[float, float]:
    """95 % interval of a Poisson mean after so many events (Garwood, Biometrika 28, 1936)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * count + 2) / 2)
