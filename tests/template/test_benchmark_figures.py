"""`make bench` still works: it is run at its smallest size."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_make_bench_prints_its_tables_at_its_smallest_size() -> None:
    command = [sys.executable, "-m", "benchmarks", "--smallest"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for table in ("| model | rows |", "| model | start |", "| captured events |", "importing boto3"):
        assert table in done.stdout


def test_make_compare_prints_fairlead_s_figures_and_names_peers_that_are_not_installed() -> None:
    command = [sys.executable, "-m", "benchmarks.peers", "--smallest"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for peer in ("Fairlead", "vetiver", "BentoML", "MLflow", "MLServer"):
        assert f"| logistic regression | {peer} |" in done.stdout
    assert "| text where a number belongs | 422, the field is named |" in done.stdout
