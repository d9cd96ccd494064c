"""The banner above the monitor's page: the cloud's time, and the log with the newest line first."""

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from fairlead.html.elements import e
from fairlead_local.demo.log import Line

STYLE = """
.demo-log { border: 1px solid var(--rule); background: var(--wash); padding: 14px 20px 16px; margin: 0 0 34px; }
.demo-log > p { color: var(--soft); font-size: 13px; margin: 0 0 8px; max-width: none; }
.demo-log b { color: var(--ink); font-variant-numeric: tabular-nums; }
.demo-log ol { list-style: none; margin: 0; padding: 0; max-height: 15.5em; overflow-y: auto; }
.demo-log li { display: grid; grid-template-columns: 4.2em 1fr; padding: 1px 0; color: var(--soft); }
.demo-log li:first-child { color: var(--ink); font-weight: 600; }
.demo-log time { font-variant-numeric: tabular-nums; }
@media print { .demo-log { display: none; } }
"""


def banner(lines: Sequence[Line], now: datetime, pace: str) -> Element:
    """Return the banner; `pace` says how fast the cloud's clock runs."""
    items = [e("li", e("time", f"{line.at:%H:%M}"), e("span", line.text)) for line in reversed(lines)]
    clock = e("p", "The cloud's clock: ", e("b", f"{now:%H:%M} UTC"), f", {pace}. This page refreshes itself.")
    return e("aside", e("style", STYLE), clock, e("ol", items), class_="demo-log", aria_label="Log of the demo")
