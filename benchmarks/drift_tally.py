"""Measures the time of counting captured requests for drift, and of judging a day.

python -m benchmarks.drift_tally
"""

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np

from benchmarks.drift_traffic import Habit, Traffic
from benchmarks.drift_world import BASELINE_ROWS, baseline, requests, world
from benchmarks.options import parser
from fairlead.drift import Tally, judge, merge

DATA = ("penguins", "breast_cancer", "digits")
EVENTS = 5_000
REPEATS = 5


def cpu(work: Callable[[], Any], repeats: int) -> float:
    """Return the least CPU seconds of several repeats."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def main(arguments: Sequence[str] | None = None) -> None:
    args = parser(__doc__).parse_args(arguments)
    names, events, repeats = (("penguins",), 20, 1) if args.smallest else (DATA, EVENTS, REPEATS)
    warnings.simplefilter("ignore")
    print(
        "| data | inputs | rows in a request | requests/s | rows/s "
        "| merge of two days, ms | a day's counters, KB | judging it, ms |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in names:
        of = world(name)
        for size in (1, 10, 100):
            habit = Habit(callers=40, request=size)
            traffic = Traffic(of, habit, events * min(size, 10), np.random.default_rng(0))
            reference = baseline(of, traffic.sample(2, BASELINE_ROWS))
            tally = Tally(reference)
            day = list(requests(of, traffic.day(0)))
            # A subscription batch holds the log lines of seconds, so of one quarter of an hour.
            batch = [msgspec.structs.replace(request, at=0) for request in day]
            counting = cpu(partial(tally, batch), repeats)
            rows = sum(len(request.rows) for request in day)
            counters = tally(day)
            adding = cpu(partial(merge, counters, counters), repeats)
            judging = cpu(partial(judge, reference, counters), repeats)
            print(
                f"| {name} | {len(of.signature.inputs)} | {size} | {len(day) / counting:,.0f} | {rows / counting:,.0f} "
                f"| {adding * 1e3:.1f} | {len(msgspec.json.encode(counters)) / 1e3:,.0f} | {judging * 1e3:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
