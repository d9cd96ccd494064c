"""Measures the gate's false alarms: clean splits of real data, and comparisons of equal models.

python -m benchmarks.gate_false_alarms [--splits 200] [--pairs 400]
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.options import parser
from fairlead.gate.checks.champion import champion
from fairlead.gate.evidence import Champion, Evidence, Predicted, Rows
from fairlead.gate.judge import judge
from fairlead.gate.policy import Policy
from fairlead.model.signature import Output, Signature
from testkit.gate_cases import evidence, model, table

DATA = ("iris", "wine", "penguins", "diabetes", "breast_cancer", "digits")
SIZES = (200, 500, 2_000, 10_000)
SIGNATURE = Signature(inputs=(), output=Output(task="classification", classes=("no", "yes")), layout="frame")


def clean_splits(name: str, splits: int) -> tuple[int, int, Counter[str]]:
    """Refused versions, versions with a warning, and the findings behind both, over random splits."""
    refused = warned = 0
    findings: Counter[str] = Counter()
    for seed in range(splits):
        training, held_out = table(name).split(seed)
        verdict = judge(evidence(model(name).fit(training.X, training.y), held_out, training, probed=True), Policy())
        refused += verdict.verdict == "fail"
        warned += verdict.verdict == "warn"
        findings.update(
            f"{one.verdict}: {one.check}" for one in verdict.findings if one.refuses or one.verdict == "warn"
        )
    return refused, warned, findings


def agreement(seed: int) -> tuple[Any, Any]:
    """Return where each of two similar forests is right on real held-out rows."""
    from sklearn.ensemble import RandomForestClassifier

    training, held_out = table("digits").split(seed)
    halves = np.array_split(np.random.default_rng(seed).permutation(len(training.y)), 2)
    first, second = (
        RandomForestClassifier(n_estimators=50, random_state=0).fit(training.X.iloc[half], training.y.iloc[half])
        for half in halves
    )
    return first.predict(held_out.X) == held_out.y, second.predict(held_out.X) == held_out.y


def judged(right: Any, champion_right: Any) -> str:
    """Return the champion check's verdict on two models that are right on these rows."""
    rows = len(right)
    facts = Evidence(
        signature=SIGNATURE,
        held_out=Rows(count=rows, target=np.ones(rows, dtype=np.int32)),
        predicted=Predicted(labels=right.astype(np.int32)),
        champion=Champion(
            version=1,
            signature=SIGNATURE,
            predicted=Predicted(labels=champion_right.astype(np.int32)),
            trained_on=np.zeros(rows, dtype=np.bool_),
        ),
    )
    return champion(facts, Policy())[0].verdict


def pairs(rows: int, count: int, *, disagree: float | None, worse_by: float = 0.0) -> Counter[str]:
    """Verdicts on pairs of models, the candidate worse by `worse_by`; equal ones are made so row by row.

    Rows are drawn from the real agreement of two forests and the two swapped at random, or both right on all rows but
    the share that they disagree on.
    """
    generator = np.random.default_rng(rows)
    urn = np.column_stack(agreement(0)) if disagree is None else None
    verdicts: Counter[str] = Counter()
    for _ in range(count):
        if urn is not None:
            drawn = urn[generator.integers(len(urn), size=rows)]
            swap = generator.random(rows) < 0.5
            drawn[swap] = drawn[swap][:, ::-1]
            right, before = drawn[:, 0], drawn[:, 1]
        else:
            place = generator.random(rows)
            lost, won = (disagree + worse_by) / 2, (disagree - worse_by) / 2  # type: ignore[operator]  # not None here
            right, before = place >= lost, (place < lost) | (place >= lost + won)
        verdicts[judged(right, before)] += 1
    return verdicts


def values(rows: int, count: int) -> Counter[str]:
    """Verdicts on pairs of equally good regressors, whose errors correlate by 0.9."""
    generator = np.random.default_rng(rows)
    output = Output(task="regression")
    signature = Signature(inputs=(), output=output, layout="frame")
    verdicts: Counter[str] = Counter()
    for _ in range(count):
        shared, own = generator.normal(size=(rows, 1)), generator.normal(size=(rows, 2))
        errors = np.sqrt(0.9) * shared + np.sqrt(0.1) * own
        live = Champion(version=1, signature=signature, predicted=Predicted(values=errors[:, :1]))
        facts = Evidence(
            signature=signature,
            held_out=Rows(count=rows, target=np.zeros((rows, 1))),
            predicted=Predicted(values=errors[:, 1:]),
            champion=live,
        )
        verdicts[champion(facts, Policy())[0].verdict] += 1
    return verdicts


def print_verdicts(words: str, rows: int, verdicts: Counter[str], count: int) -> None:
    """One line of the table of pairs."""
    shares = [f"{verdicts[one] / count:.1%}" for one in ("pass", "inconclusive", "fail")]
    print(f"| {words} | {rows:,} | {' | '.join(shares)} |", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser(__doc__)
    options.add_argument("--splits", type=int, default=200)
    options.add_argument("--pairs", type=int, default=400)
    args = options.parse_args(arguments)
    splits, count = (1, 1) if args.smallest else (args.splits, args.pairs)
    most = 1 if args.smallest else None
    warnings.simplefilter("ignore")
    print("| data set | held-out rows | refused | warned | findings behind it |\n|---|--:|--:|--:|---|")
    for name in DATA[:most] if splits else ():
        refused, warned, findings = clean_splits(name, splits)
        behind = ", ".join(f"{what} {count}" for what, count in findings.most_common(4)) or "none"
        print(f"| {name} | {len(table(name).split()[1].y)} | {refused} | {warned} | {behind} |", flush=True)
    if not count:
        return
    print("\n| pair | rows | pass | inconclusive | worse |\n|---|--:|--:|--:|--:|")
    for words, disagree, worse_by in (
        ("equal, two forests on digits", None, 0.0),
        ("equal, disagree on 6 %", 0.06, 0.0),
        ("worse by 0.03, disagree on 6 %", 0.06, 0.03),
    ):
        for rows in SIZES[:most]:
            print_verdicts(words, rows, pairs(rows, count, disagree=disagree, worse_by=worse_by), count)
    for rows in SIZES[:most]:
        print_verdicts("equal regressors, errors correlate by 0.9", rows, values(rows, count), count)


if __name__ == "__main__":
    main()
