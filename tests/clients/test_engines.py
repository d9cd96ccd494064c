"""`fairlead.scorer` in Spark, Dask and Ray Data, with the real packages: the answers are the endpoint's."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest

from fairlead import Client
from testkit import penguins
from tests.clients.conftest import PACKAGE, PROGRAMS, ROOT, Live

pytestmark = pytest.mark.clients

ENGINES = ROOT / ".venv-engines/bin/python"
NAMES = ("Adelie", "Chinstrap", "Gentoo")
SECONDS = 600
"""The first batch of an engine starts its processes."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Held-out rows, with missing values, and a number of their own that the model does not take."""
    _, held_out = penguins.split()
    return held_out.drop(columns=penguins.TARGET).assign(place=range(len(held_out)))


@pytest.fixture(scope="module")
def file(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    rows.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def expected(live: Live, rows: pd.DataFrame) -> dict[int, tuple[Any, ...]]:
    """The endpoint's label and probabilities by place."""
    keys = live.caller
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name="us-east-1")
    found = Client(live.url, session=session).predict(rows.drop(columns="place"))
    shares = found.probabilities[list(NAMES)].to_numpy().tolist()
    return {place: (label, *share) for place, (label, share) in enumerate(zip(found.labels, shares, strict=True))}


def scored(live: Live, program: str, file: Path) -> dict[str, dict[int, tuple[Any, ...]]]:
    """Run a program in the engines' environment with a publisher's rights; answers by place and kind of batch."""
    assert ENGINES.exists(), "the engines' environment is not there: run `make test-clients`"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    env |= live.cloud.environment(live.publisher) | {"PYTHONPATH": PACKAGE, "FAIRLEAD_BUCKET": live.bucket}
    env |= {
        "PYSPARK_PYTHON": str(ENGINES),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "disabled",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [ENGINES, PROGRAMS / f"{program}.py", live.url, "penguins", json.dumps({"version": 1, "rows": str(file)})],
        env=env, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5_000:]
    return {
        kind: {row["place"]: (row["label"], *(row[f"probabilities.{name}"] for name in NAMES)) for row in answers}
        for kind, answers in json.loads(done.stdout).items()
    }


def test_spark_gets_the_endpoint_s_answers(live: Live, file: Path, expected: dict[int, tuple[Any, ...]]) -> None:
    if shutil.which("java") is None:
        said = "Spark needs Java: apt install default-jre-headless"
        pytest.fail(said) if os.environ.get("FAIRLEAD_REQUIRE_JAVA") == "1" else pytest.skip(said)
    assert scored(live, "spark_scoring", file) == {"pandas": expected, "arrow": expected}


def test_dask_gets_the_endpoint_s_answers(live: Live, file: Path, expected: dict[int, tuple[Any, ...]]) -> None:
    assert scored(live, "dask_scoring", file) == {"pandas": expected}


def test_ray_gets_the_endpoint_s_answers(live: Live, file: Path, expected: dict[int, tuple[Any, ...]]) -> None:
    assert scored(live, "ray_scoring", file) == {"pandas": expected, "arrow": expected}
