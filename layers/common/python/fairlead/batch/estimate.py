"""What a job will take: rows, chunks and minutes, from a trial of its first rows on this machine."""

import time
from collections.abc import Sequence

import msgspec

from fairlead.batch.job import Chunk, JobPlan
from fairlead.batch.worker import Worker

SAMPLE = 2 << 20
"""Bytes of text that are tried."""
BLOCKS = 2
"""Blocks of Parquet that are tried."""


class Tried(msgspec.Struct, frozen=True):
    """What the first rows took: `size` is the bytes of a row of text, `rate` the rows a second of one process."""

    size: float
    rate: float


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate of what is left of a job. `exact` is whether `rows` was counted, as in Parquet."""

    rows: int
    exact: bool
    chunks: int
    done: int
    rows_per_second: float
    minutes: float
    dollars: float


def trial(worker: Worker, chunk: Chunk) -> Tried:
    """Answer the first rows of a chunk twice, without writing, and measure the second time."""
    sample = chunk
    if chunk.rows is None:
        sample = msgspec.structs.replace(chunk, stop=min(chunk.stop, chunk.start + SAMPLE))
    worker.result(sample, blocks=1)
    started = time.perf_counter()
    rows, _, _ = worker.result(sample, blocks=BLOCKS if chunk.rows else None)
    seconds = time.perf_counter() - started
    return Tried(size=(sample.stop - sample.start) / max(rows, 1), rate=rows / seconds)


def local_estimate(
    plan: JobPlan, chunks: Sequence[Chunk], left: Sequence[Chunk], tried: Tried, processes: int
) -> Estimate:
    """Return the estimate of a job in processes of this machine; it costs no dollars but those of S3."""
    rows = round(sum(_rows(chunk, tried) for chunk in left))
    busy = min(processes, max(len(left), 1))
    return Estimate(
        rows=rows,
        exact=plan.rows is not None,
        chunks=len(chunks),
        done=len(chunks) - len(left),
        rows_per_second=tried.rate,
        minutes=rows / tried.rate / busy / 60,
        dollars=0.0,
    )


def _rows(chunk: Chunk, tried: Tried) -> float:
    return chunk.rows if chunk.rows is not None else (chunk.stop - chunk.start) / tried.size
