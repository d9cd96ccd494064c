"""Draws the figures of docs/explanation/drift.md as self-contained SVG files for light and dark pages."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import numpy as np

from benchmarks.drift_intervals import interval
from benchmarks.drift_plants import PLANTS
from benchmarks.drift_scenes import STATED, Month, Scene, Simpler
from fairlead.html.axes import Frame, Scale, line, svg
from fairlead.html.elements import e

FONT = 'font:12px system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif'
STYLE = """
.paper{fill:%s}text{fill:%s}.soft,.soft text{fill:%s}.grid{stroke:%s}.own{stroke:%s}.dot{fill:%s}
.psi{stroke:%s}.plain,.stated{stroke:%s}.s0{stroke:%s}.s1{stroke:%s}.s2{stroke:%s}.s3{stroke:%s}
"""
LIGHT = ("#fff", "#1b1f24", "#57606a", "#e4e8ec", "#1f3a5f", "#1f3a5f", "#8a5a00", "#b3261e")
DARK = ("#0d1117", "#e6edf3", "#9aa4af", "#2a313a", "#9cc3f0", "#9cc3f0", "#d9a441", "#ff8b82")
LIGHT_SHADES = ("#b5c8de", "#7a9cc6", "#3f6ca6", "#12305a")
DARK_SHADES = ("#3a5675", "#5686bb", "#8db8e6", "#dcebfc")
SHAPES = f"""
text{{{FONT}}}.title{{font-weight:600}}.end{{text-anchor:end}}.mid{{text-anchor:middle}}.own{{stroke-width:1.8}}
.psi,.plain{{fill:none;stroke-width:1.6}}.stated{{stroke-width:1.2;stroke-dasharray:4 4}}
.line{{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}
"""
LEAST, MOST = 0.01, 100.0
ROW = 23.0


def write(path: Path, drawing: Element) -> None:
    """Write a self-contained drawing with its own background, readable on any page."""
    dark = STYLE % (*DARK, *DARK_SHADES)
    style = f"{SHAPES}{STYLE % (*LIGHT, *LIGHT_SHADES)}@media(prefers-color-scheme:dark){{{dark}}}"
    drawing.set("xmlns", "http://www.w3.org/2000/svg")
    drawing.insert(2, e("style", style.replace("\n", "")))
    drawing.insert(3, e("rect", width="100%", height="100%", rx="8", class_="paper"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tostring(drawing, encoding="unicode") + "\n")


def rates(measured: Sequence[tuple[Scene, list[Month], list[Simpler]]]) -> Element:
    """False alarms a month by traffic, on a logarithmic scale, for three ways of judging."""
    daily = [one for one in measured if one[0].steady]
    others = [one for one in measured if one not in daily]
    top, height = 74.0, 74 + ROW * (len(measured) + 2.5) + 52
    frame = Frame(Scale(math.log10(LEAST), math.log10(MOST), 262, 752), Scale(0, 1, top, height - 52))
    parts = [*_decades(frame), *_key()]
    for place, (scene, months, simpler) in enumerate(daily):
        parts += _scene(frame, top + ROW * (place + 0.5), scene.words, months, simpler)
    y = top + ROW * (len(daily) + 0.5)
    together = ([month for one in daily for month in one[1]], [month for one in daily for month in one[2]])
    parts += _scene(frame, y, "all of these", *together, kind="title")
    y += ROW
    parts.append(e("text", "days differ, or hold one batch", x=16.0, y=y + 11, class_="soft"))
    for place, (scene, months, simpler) in enumerate(others):
        parts += _scene(frame, y + ROW * (place + 1.1), scene.words, months, simpler)
    note = "Each line is traffic without drift; dots are drift as Fairlead judges it, whiskers 95 % intervals."
    return svg(820, height, "False alarms a month", note, parts)


def _scene(
    frame: Frame, y: float, words: str, months: Sequence[Month], simpler: Sequence[Simpler], *, kind: str = ""
) -> list[Element]:
    """One line: what the traffic is, three marks, and the rate in figures."""

    def at(rate: float) -> float:
        return frame.x(math.log10(max(LEAST, rate)))

    parts = [e("text", words.replace("window of ", ""), x=246.0, y=y + 4, class_=f"end {kind}".strip())]
    psi, plain = (at(float(rate)) for rate in np.mean(simpler, axis=0))
    parts.append(e("rect", x=psi - 4, y=y - 4, width=8.0, height=8.0, class_="psi"))
    parts.append(e("path", d=f"M{plain - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8", class_="plain"))
    if not any(one.enough for one in months):
        return [*parts, e("text", "never enough data to judge", x=frame.x.start + 8, y=y + 4, class_="soft")]
    counts = [one.alarms() for one in months]
    low, high = interval(counts)
    parts.append(e("line", x1=at(low), x2=at(high), y1=y, y2=y, class_="own"))
    parts.append(e("circle", cx=at(float(np.mean(counts))), cy=y, r=4.5, class_="dot"))
    return [*parts, e("text", f"{np.mean(counts):.2f}", x=804.0, y=y + 4, class_=f"end {kind}".strip())]


def _key() -> list[Element]:
    y = 28.0
    return [
        e("circle", cx=266.0, cy=y - 4, r=4.5, class_="dot"),
        e("line", x1=254.0, x2=278.0, y1=y - 4, y2=y - 4, class_="own"),
        e("text", "Fairlead, 95 % interval", x=286.0, y=y),
        e("path", d=f"M446 {y - 8}l8 8m0-8l-8 8", class_="plain"),
        e("text", "PSI and χ² of single rows", x=462.0, y=y),
        e("rect", x=630.0, y=y - 8, width=8.0, height=8.0, class_="psi"),
        e("text", "PSI alone", x=646.0, y=y),
        e("line", x1=254.0, x2=278.0, y1=y + 16, y2=y + 16, class_="stated"),
        e("text", f"the aim: {STATED:g} a month", x=286.0, y=y + 20, class_="soft"),
    ]


def _decades(frame: Frame) -> list[Element]:
    top, bottom, middle = frame.y.start, frame.y.end, (frame.x.start + frame.x.end) / 2
    parts = []
    for power in range(round(frame.x.low), round(frame.x.high) + 1):
        x = frame.x(power)
        parts.append(e("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        label = f"≤ {LEAST:g}" if power == frame.x.low else f"{10.0**power:g}"
        parts.append(e("text", label, x=x, y=bottom + 18, class_="soft mid"))
    x = frame.x(math.log10(STATED))
    parts.append(e("line", x1=x, x2=x, y1=top, y2=bottom, class_="stated"))
    return [*parts, e("text", "false alarms a month", x=middle, y=bottom + 38, class_="soft mid")]


def power(powers: Sequence[Any]) -> Element:
    """Share of days that show a planted drift, by rows a day: a row for each kind, a column for each traffic."""
    families = list(dict.fromkeys(plant.family for plant in PLANTS))
    traffics = list(dict.fromkeys(one.traffic for one in powers))
    volumes = sorted({one.rows for one in powers})
    parts: list[Any] = [e("text", "share of days found", x=16.0, y=28.0, class_="soft")]
    for column, traffic in enumerate(traffics):
        kind, _, more = traffic.partition(", ")
        parts.append(e("text", kind, x=186 + column * 216.0, y=28.0, class_="title"))
        parts.append(e("text", more, x=186 + column * 216.0, y=45.0, class_="soft") if more else None)
    for row, family in enumerate(families):
        sizes = list(dict.fromkeys(plant.size for plant in PLANTS if plant.family == family))
        top = 66.0 + row * 140
        parts += _legend(top, family, sizes)
        for column, traffic in enumerate(traffics):
            frame = Frame(
                Scale(math.log10(volumes[0]), math.log10(volumes[-1]), 186.0 + column * 216, 356.0 + column * 216),
                Scale(0, 1, top + 100, top),
            )
            parts += _grid(frame, volumes, first=column == 0)
            for shade, size in zip(_shades(sizes), sizes, strict=True):
                drawn = [one for one in powers if (one.family, one.size, one.traffic) == (family, size, traffic)]
                points = [(math.log10(one.rows), one.found / one.days) for one in drawn]
                parts.append(line(points, frame, kind=f"line {shade}"))
    bottom = 66.0 + len(families) * 140
    parts.append(e("text", "rows a day", x=487.0, y=bottom, class_="soft mid"))
    note = "Small drifts need many rows; rows that resemble each other are worth fewer."
    return svg(820, bottom + 18, "Planted drifts that are found: share of days", note, parts)


def _legend(top: float, family: str, sizes: Sequence[str]) -> list[Element]:
    parts = [e("text", family, x=16.0, y=top + 6, class_="title")]
    for place, (shade, size) in enumerate(zip(_shades(sizes), sizes, strict=True)):
        y = top + 28 + place * 20
        parts.append(e("line", x1=16.0, x2=38.0, y1=y - 4, y2=y - 4, class_=f"line {shade}"))
        parts.append(e("text", size if " " in size else f"{size} of rows", x=46.0, y=y))
    return parts


def _shades(sizes: Sequence[str]) -> list[str]:
    return [f"s{shade}" for shade in range(4 - len(sizes), 4)]


def _grid(frame: Frame, volumes: Sequence[int], *, first: bool) -> list[Element]:
    parts = []
    for share in (0, 0.5, 1):
        y = frame.y(share)
        parts.append(e("line", x1=frame.x.start, x2=frame.x.end, y1=y, y2=y, class_="grid"))
        if first:
            parts.append(e("text", f"{share:.0%}", x=frame.x.start - 8, y=y + 4, class_="soft end"))
    labels = [
        e("text", f"{rows:,}", x=frame.x(math.log10(rows)), y=frame.y.start + 17, class_="mid") for rows in volumes
    ]
    return [*parts, e("g", labels, class_="soft")]
