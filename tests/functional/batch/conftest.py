"""Models in a registry on S3, and files of rows."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from fairlead.publishing import publish as publishing
from fairlead.publishing.publish import Published
from tests.functional.conftest import Store

ROWS = 300
NAMES = ["a", "b", "c"]


def numbers(rows: int = ROWS, *, seed: int = 0) -> pd.DataFrame:
    """Return rows of three numbers, with a key of each."""
    frame = pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 3)).round(6), columns=NAMES)
    return frame.assign(key=[f"k{row}" for row in range(rows)])


@pytest.fixture(scope="session")
def linear(shelf: Store) -> Published:
    """A classifier of three numbers."""
    frame = numbers()
    y = np.where(frame["a"] + frame["b"] > 0, "yes", "no")
    estimator = LogisticRegression().fit(frame[NAMES], y)
    return publishing.publish(estimator, name="linear", X=frame[NAMES], y=y, registry=shelf.registry)


@pytest.fixture(scope="session")
def neighbours(shelf: Store) -> Published:
    """A classifier of the same numbers on the sklearn engine."""
    frame = numbers()
    y = np.where(frame["a"] * frame["b"] > 0, "yes", "no")
    estimator = KNeighborsClassifier(3).fit(frame[NAMES], y)
    registry = shelf.registry
    return publishing.publish(estimator, name="neighbours", X=frame[NAMES], y=y, registry=registry, engine="sklearn")


@pytest.fixture
def environment(shelf: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point commands, and the processes that they start, at the registry."""
    for name, value in shelf.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


Write = Callable[[str, pd.DataFrame], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table into the folder `in` by the ending of its name."""

    def write(name: str, frame: pd.DataFrame) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            frame.to_parquet(path, index=False, row_group_size=100)
        elif path.suffix == ".jsonl":
            frame.to_json(path, orient="records", lines=True, double_precision=15)
        else:
            frame.to_csv(path, index=False)
        return path

    return write


def read(paths: Sequence[Path]) -> pd.DataFrame:
    """Return results as one table."""
    readers: dict[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    readers[".jsonl"] = lambda path: pd.read_json(path, lines=True)
    return pd.concat([readers[path.suffix](path) for path in paths], ignore_index=True)
