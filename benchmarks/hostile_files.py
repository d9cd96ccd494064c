"""Mutants of valid model files, opened as the closed process does: `python -m benchmarks.hostile_files [COUNT]`."""

import collections
import pickle
import sys
import time
from collections.abc import Sequence

from benchmarks.options import parser
from testkit.hostile.models import LEARNERS, fitted
from testkit.hostile.opening import open_files
from testkit.hostile.streams import mutants

COUNT = 20_000
BATCH = 1_000
PROTOCOLS = (2, 3, 4, 0)
KEPT = ("refused", "answered")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how the mutants ended; fail if one ran code, crashed, hung or raised another error than a refusal."""
    options = parser(__doc__)
    options.add_argument("count", nargs="?", type=int, default=COUNT)
    args = options.parse_args(arguments)
    count, batch_size = (20, 20) if args.smallest else (args.count, BATCH)
    began, ends = time.monotonic(), collections.Counter[str]()
    slowest = 0.0
    for batch in range(count // batch_size):
        model, _ = fitted(list(LEARNERS)[batch % len(LEARNERS)])
        content = pickle.dumps(model, PROTOCOLS[batch % len(PROTOCOLS)])
        files = [(str(number), mutant, None) for number, mutant in enumerate(mutants(batch, batch_size, content))]
        for outcome in open_files(files).values():
            ends[outcome.ended] += 1
            slowest = max(slowest, outcome.seconds)
            if outcome.ended not in KEPT:
                print(outcome)
    total = sum(ends.values())
    print(f"{total:,} mutants: {dict(ends)}; slowest {slowest:.2f} s; {time.monotonic() - began:.0f} s in all")
    if any(ends[end] for end in ends if end not in KEPT):
        sys.exit(1)


if __name__ == "__main__":
    main()
