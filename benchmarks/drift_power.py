"""What drift finds: known drifts planted into traffic, and how many windows show them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from benchmarks.drift_traffic import BASELINE_ROWS, DAY, HABITS, HISTORY_DAYS, Traffic, World, baseline, requests, world
from fairlead.drift import Counters, Request, Tally, judge
from fairlead.drift.counters import SLOT

TRAFFIC = ("single rows, nothing alike", "40 callers, each with its own rows", "callers and hours")
ROWS = (100, 300, 1_000, 3_000)
WINDOWS_A_BASELINE = 10
WINDOW_HOURS = (6, 24)
"""Hours of the windows whose delay is measured."""
LONGEST = 48

Value = Any
Random = np.random.Generator


class Plant(NamedTuple):
    """A drift of one input of the penguins: `family` is what it is, `size` how much of it."""

    family: str
    size: str
    feature: str
    change: Callable[[Value, Random], Value]


def _shift(deviations: float) -> Callable[[Value, Random], Value]:
    step = deviations * 14.06  # the standard deviation of flipper_length_mm
    return lambda value, _: None if value is None else value + step


def _now_and_then(share: float, change: Callable[[Value], Value]) -> Callable[[Value, Random], Value]:
    return lambda value, random: change(value) if random.random() < share else value


PLANTS = (
    *(Plant("shift", f"{size:g} sd", "flipper_length_mm", _shift(size)) for size in (0.25, 0.5, 1.0)),
    *(
        Plant("new category", f"{share:.0%}", "island", _now_and_then(share, lambda _: "Elsewhere"))
        for share in (0.02, 0.05, 0.1, 0.2)
    ),
    *(
        Plant("missing", f"{share:.0%}", "bill_length_mm", _now_and_then(share, lambda _: None))
        for share in (0.02, 0.05, 0.1, 0.2)
    ),
    *(
        Plant("swapped unit", f"{share:.0%}", "body_mass_g", _now_and_then(share, lambda g: g and g / 1000))
        for share in (0.02, 0.1, 1.0)
    ),
)
SWAPPED = PLANTS[-1]


class Power(NamedTuple):
    """Of so many windows, how many showed the planted drift in its input, and how many had too little data."""

    family: str
    size: str
    traffic: str
    rows: int
    windows: int
    found: int
    too_little: int


def measure(windows: int, kept: Path) -> list[Power]:
    """Plant every drift into so many windows of a day, for each traffic and volume."""
    of, found = world("penguins"), []
    for traffic in TRAFFIC:
        for rows in ROWS:
            place = kept / f"power-{traffic}-{rows}-{windows}.json".replace(" ", "_")
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(_powers(of, traffic, rows, windows)))
            found += [Power(*one) for one in json.loads(place.read_text())]
    return found


def _powers(of: World, traffic: str, rows: int, windows: int) -> list[Power]:
    verdicts: dict[Plant, list[str]] = {plant: [] for plant in PLANTS}
    for seed in range(windows // WINDOWS_A_BASELINE):
        for plant, verdict in _days(of, Traffic(of, HABITS[traffic], rows, np.random.default_rng(1_000 + seed))):
            verdicts[plant].append(verdict)
    return [
        Power(plant.family, plant.size, traffic, rows, len(ones), ones.count("drift"), ones.count("not enough data"))
        for plant, ones in verdicts.items()
    ]


def _days(of: World, traffic: Traffic) -> Iterator[tuple[Plant, str]]:
    """Some days of one baseline, each with every plant by itself."""
    reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
    tally, random = Tally(reference), np.random.default_rng(7)
    for number in range(WINDOWS_A_BASELINE):
        day = list(requests(of, traffic.day(number), first_day=number))
        for plant in PLANTS:
            judgement = judge(reference, tally(planted(of, day, plant, random)))
            yield plant, next(one.verdict for one in judgement.findings if one.feature == plant.feature)


def planted(of: World, day: list[Request], plant: Plant, random: Random) -> list[Request]:
    """The same requests with one input changed; answers stay as they were."""
    at = [field.name for field in of.signature.inputs].index(plant.feature)
    return [
        msgspec.structs.replace(
            request, rows=[(*row[:at], plant.change(row[at], random), *row[at + 1 :]) for row in request.rows]
        )
        for request in day
    ]


def told(powers: list[Power]) -> None:
    """The table of powers: found, of the windows that had enough data."""
    print(
        "\n| planted | traffic | "
        + " | ".join(f"{rows:,} rows" for rows in ROWS)
        + " |\n|---|---|"
        + "--:|" * len(ROWS)
    )
    for plant in PLANTS:
        for traffic in TRAFFIC:
            line = [one for one in powers if (one.family, one.size, one.traffic) == (plant.family, plant.size, traffic)]
            shares = " | ".join(f"{one.found / one.windows:.0%}" for one in line)
            print(f"| {plant.family}, {plant.size} | {traffic} | {shares} |")


def delays(repeats: int) -> None:
    """Hours until a unit that is swapped in all rows at some hour is found, judged every hour."""
    of = world("penguins")
    print("\n| window | traffic | median hours | slowest |\n|--:|---|--:|--:|")
    for hours in WINDOW_HOURS:
        for habit in TRAFFIC:
            taken = [_delay(of, habit, hours, seed) for seed in range(repeats)]
            slowest = f"{max(taken):.0f}" if max(taken) <= LONGEST else f"over {LONGEST}"
            print(f"| {hours} h | {habit} | {np.median(taken):.0f} | {slowest} |", flush=True)


def _delay(of: World, habit: str, hours: int, seed: int) -> float:
    random = np.random.default_rng(seed)
    traffic = Traffic(of, HABITS[habit], 1_000, random)
    reference = baseline(of, traffic.sample(HISTORY_DAYS, BASELINE_ROWS))
    start = DAY + 3600 * (9 + seed % 8)
    before = [request for number in range(4) for request in requests(of, traffic.day(number), first_day=number)]
    after = [planted(of, [one], SWAPPED, random)[0] if one.at >= start else one for one in before]
    clusters = Tally(reference)(after).clusters
    slots = {name: int(name.split("_")[0]) * SLOT for name in clusters}
    for waited in range(1, LONGEST + 1):
        now = start + waited * 3600
        inside = {name: counts for name, counts in clusters.items() if now - hours * 3600 <= slots[name] < now}
        findings = judge(reference, Counters(clusters=inside)).findings
        if any(one.feature == SWAPPED.feature and one.verdict == "drift" for one in findings):
            return waited
    return float("inf")
