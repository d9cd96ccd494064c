"""Measures `fairlead batch` on a table of 30 numbers: rows a CPU second of one process, and its memory.

The plan and the worker are those of `fairlead batch --local 1`, in a process of its own for each row of the table.
CPU time is counted, so other load on the machine matters little. `--rows 10000000` shows that time grows linearly.
"""

import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from benchmarks import models
from benchmarks.options import parser
from fairlead.batch.files import LocalFiles
from fairlead.batch.job import Order
from fairlead.batch.manifest import write_manifest
from fairlead.batch.plan import Planner, request_of
from fairlead.batch.version import carry, loaded
from fairlead.batch.worker import Worker
from fairlead.registry.store import Registry

ROWS, FEWEST = 1_000_000, 2_000
PIECE = 100_000
"""Rows that are written at a time, and rows of a row group."""


class Job(NamedTuple):
    """One job: the version's objects, its name, number and digest, and the place of rows and results."""

    objects: dict[str, bytes]
    model: str
    version: int
    digest: str
    path: Path


class Taken(NamedTuple):
    """Figures of a job: rows, chunks, CPU seconds of the plan and of the chunks, and most memory in MiB."""

    rows: int
    chunks: int
    plan: float
    work: float
    most: float


def write(path: Path, names: Sequence[str], rows: int) -> None:
    """Write a table of normal numbers with nine digits, in the range of the model's data."""
    schema = pa.schema([(name, pa.float64()) for name in names])
    random = np.random.default_rng(0)
    writer = csv.CSVWriter(path, schema) if path.suffix == ".csv" else parquet.ParquetWriter(path, schema)
    with writer:
        for start in range(0, rows, PIECE):
            values = random.normal(20, 9, size=(len(names), min(PIECE, rows - start))).round(7)
            writer.write_table(pa.table(list(values), schema=schema), PIECE)


def run(job: Job) -> Taken:
    """Run a whole job in this process."""
    model = loaded(job.objects, job.model, job.version, job.digest)
    files, folder = LocalFiles(), f"{job.path}.out/"
    order = Order(model=job.model, version=job.version, digest=job.digest, input=str(job.path), output=folder)
    request = request_of(order, files, str(job.path))
    started = time.process_time()
    plan, chunks = Planner(request, model.facts.signature, files).planned(files, folder)
    planned = time.process_time()
    worker = Worker(plan, model, files, files, folder)
    for chunk in chunks:
        worker.work(chunk)
    done = time.process_time()
    rows = write_manifest(files, folder, plan, chunks).rows
    return Taken(rows, len(chunks), planned - started, done - planned, _memory())


def _memory() -> float:
    """Return the most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=ROWS, help="rows of the table")
    given = options.parse_args(arguments)
    rows = FEWEST if given.smallest else given.rows
    print("| model | format | rows | chunks | plan CPU s | rows a CPU second | most memory, MiB |")
    print("|---|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".parquet", ".csv"):
            path = Path(folder, f"rows{ending}")
            for name in models.ESTIMATORS:
                case = models.case(name)
                facts = case.published.manifest
                if not path.exists():
                    write(path, [field.name for field in facts.signature.inputs], rows)
                objects = carry(Registry(case.objects), facts)
                job = Job(objects, facts.model, facts.version, case.published.sha256, path)
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    taken = pool.submit(run, job).result()
                print(
                    f"| {name} | {ending} | {taken.rows:,} | {taken.chunks} | {taken.plan:.2f} "
                    f"| {taken.rows / taken.work:,.0f} | {taken.most:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
