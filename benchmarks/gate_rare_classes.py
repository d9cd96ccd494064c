"""Measures the gate's verdicts for classifiers with rare, many or large classes: `baselines` against a dummy.

python -m benchmarks.gate_rare_classes [--draws 100]
"""

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.options import parser
from fairlead.gate.checks.baselines import baselines
from fairlead.gate.evidence import Evidence, Predicted, Rows
from fairlead.gate.policy import Policy
from fairlead.model.signature import Field, Output, Signature

CASES: dict[str, tuple[int, ...]] = {
    "2 classes of 3 rows": (3, 3),
    "3 rows against 300": (3, 300),
    "3 rows against 100,000": (3, 100_000),
    "10 classes, three of 3 rows": (3, 3, 3, *[200] * 7),
    "100 classes of 3 rows": (3,) * 100,
    "300 classes of 3 rows": (3,) * 300,
    "300 classes of 3 to 300 rows": tuple(np.geomspace(3, 300, 300).astype(int).tolist()),
}
LARGE: dict[str, tuple[int, ...]] = {
    "3 rows against 1,000,000": (3, 1_000_000),
    "2 classes of 1,000,000 rows": (1_000_000, 1_000_000),
    "30 classes of 3 to 100,000 rows": tuple(np.geomspace(3, 100_000, 30).astype(int).tolist()),
}
KINDS = {"perfect": 1.0, "half of the rows known": 0.5, "knows nothing": 0.0}


def verdict(counts: tuple[int, ...], known: float, *, probabilities: bool, seed: int) -> str:
    """The verdict on a classifier that knows this share of its rows, and answers the others by their frequency."""
    generator = np.random.default_rng(seed)
    target = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    answered = np.where(generator.random(len(target)) < known, target, generator.permutation(target))
    shares = generator.random((len(target), len(counts))) * 0.1
    shares[np.arange(len(target)), answered] += 1.0
    shares /= shares.sum(axis=1, keepdims=True)
    output = Output(task="classification", classes=tuple(range(len(counts))), probabilities=probabilities)
    evidence = Evidence(
        signature=Signature(inputs=(Field(name="x", kind="number"),), output=output, layout="array"),
        held_out=Rows(count=len(target), target=target),
        predicted=Predicted(labels=answered, probabilities=shares if probabilities else None),
    )
    return baselines(evidence, Policy())[0].verdict


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table: classes, what the classifier knows, with and without probabilities, verdicts, seconds."""
    options = parser(__doc__)
    options.add_argument("--draws", type=int, default=100)
    args = options.parse_args(arguments)
    cases, draws = (dict([*CASES.items()][:2]), 1) if args.smallest else (CASES | LARGE, args.draws)
    print("| classes | the classifier | probabilities | pass | inconclusive | fail | s a verdict |")
    print("|---|---|---|--:|--:|--:|--:|")
    for name, counts in cases.items():
        for kind, known in KINDS.items():
            for probabilities in (True, False):
                tries = draws if name in CASES else 1
                began = time.process_time()
                found = Counter(verdict(counts, known, probabilities=probabilities, seed=seed) for seed in range(tries))
                seconds = (time.process_time() - began) / tries
                figures = " | ".join(f"{found[one] / tries:.0%}" for one in ("pass", "inconclusive", "fail"))
                shown = "yes" if probabilities else "no"
                print(f"| {name} | {kind} | {shown} | {figures} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
