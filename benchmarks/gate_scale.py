"""What judging a million held-out rows of fifty features takes: seconds and peak memory, the table of rows included.

python -m benchmarks.gate_scale [--rows 1000000] [--features 50]
"""

import argparse
import io
import resource
import time
import warnings

import joblib
import numpy as np
import pandas as pd

from fairlead.gate import judge
from fairlead.gate.policy import Policy
from fairlead.publishing.choosing import choose_engine
from fairlead.publishing.evidence import Candidate, Data, Live, digests_of, gather
from fairlead.publishing.signatures import infer, to_rows

PARITY_ROWS = 2_000


def rows_of(count: int, features: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Numbers with a category among them; the label follows three of them."""
    generator = np.random.default_rng(seed)
    X = pd.DataFrame(generator.normal(size=(count, features)), columns=[f"f{at}" for at in range(features)])
    noise = generator.normal(size=count)
    return X, pd.Series(np.where(X["f0"] + X["f1"] - X["f2"] + noise > 0, "yes", "no"), name="label")


def told(began: float, what: str) -> None:
    """One line of progress with the seconds so far and the peak memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - began:7.1f} s {peak:7.0f} MB  {what}", flush=True)


def main() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=50)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    train, train_y = rows_of(20_000, asked.features, 1)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(train, train_y)
    X, y = rows_of(asked.rows, asked.features, 2)
    sample = X.iloc[:PARITY_ROWS]
    signature = infer(estimator, sample, y.iloc[:PARITY_ROWS], train=train)
    choice = choose_engine(estimator, signature, to_rows(signature, sample))
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    began = time.perf_counter()
    told(began, f"{len(X):,} rows × {asked.features} features made")
    candidate = Candidate(
        signature=choice.signature,
        serving=choice.serving,
        engine=choice.engine,
        blob=choice.blob,
        parity=choice.parity,
    )
    known = digests_of(choice.signature, train)
    live = Live(version=1, signature=choice.signature, engine=choice.serving, trained_on=known)
    facts = gather(
        candidate,
        Data(X=X, y=y, train=train, train_y=train_y),
        Policy(),
        live=live,
        progress=lambda words: told(began, words),
    )
    told(began, "judging")
    verdict = judge(facts, Policy())
    told(began, f"{verdict.verdict}: {len(verdict.findings)} findings, {len(verdict.refused)} refuse")
    for finding in verdict.refused:
        print(finding)


if __name__ == "__main__":
    main()
