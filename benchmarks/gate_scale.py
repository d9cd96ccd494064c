"""Measures publishing with a million held-out rows of fifty features: seconds and peak memory, from files to version.

python -m benchmarks.gate_scale [--rows 1000000] [--features 50] [--format parquet]

The model is published once with a thousand rows, so that the large publish has a champion. A separate process
writes the files, so that the peak is that of publishing alone.
"""

import multiprocessing
import resource
import tempfile
import time
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.options import parser
from fairlead.publishing.publish import PublishOptions, publish_file
from fairlead.registry.store import Registry
from testkit.memory import Memory

MOST_TRAINING_ROWS = 20_000
TRAINING_CELLS = 20_000_000
"""Wide tables are fitted on fewer rows: fitting is not what is measured."""
FIRST_ROWS = 1_000


def rows_of(count: int, features: int, seed: int) -> pd.DataFrame:
    """Numbers; the label follows three of them."""
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(generator.normal(size=(count, features)), columns=[f"f{at}" for at in range(features)])
    noise = generator.normal(size=count)
    table["label"] = np.where(table["f0"] + table["f1"] - table["f2"] + noise > 0, "yes", "no")
    return table


def write(folder: Path, train_rows: int, rows: int, features: int, kind: str) -> None:
    """A fitted model, its training rows, few held-out rows and many."""
    train = rows_of(train_rows, features, 1)
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    joblib.dump(estimator.fit(train.drop(columns="label"), train["label"]), folder / "model.joblib")
    tables = {"train": train, "few": rows_of(FIRST_ROWS, features, 3), "many": rows_of(rows, features, 2)}
    for name, table in tables.items():
        path = folder / f"{name}.{kind}"
        table.to_parquet(path) if kind == "parquet" else table.to_csv(path, index=False)


def print_step(began: float, what: str) -> None:
    """One line of progress with the seconds so far and the peak memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - began:7.1f} s {peak:7.0f} MB  {what}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Publish twice, and print time and memory of the second."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--features", type=int, default=50)
    options.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    args = options.parse_args(arguments)
    many, features, train = args.rows, args.features, min(MOST_TRAINING_ROWS, TRAINING_CELLS // args.features)
    if args.smallest:
        many, features, train = FIRST_ROWS, 3, FIRST_ROWS
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder, registry = Path(name), Registry(Memory())
        writer = multiprocessing.get_context("spawn").Process(
            target=write, args=(folder, train, many, features, args.format)
        )
        writer.start()
        writer.join()
        for rows in ("few", "many"):
            began = time.perf_counter()
            done = publish_file(
                folder / "model.joblib",
                PublishOptions(name="scale", registry=registry, progress=partial(print_step, began)),
                data=folder / f"{rows}.{args.format}",
                target=["label"],
                train=folder / f"train.{args.format}",
            )
            print_step(began, f"published version {done.manifest.version}, {len(done.manifest.findings)} findings\n")


if __name__ == "__main__":
    main()
