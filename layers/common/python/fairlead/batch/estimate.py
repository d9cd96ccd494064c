"""Estimates of a job: rows, chunks, minutes and dollars, from a trial of its first rows on this machine."""

import time
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import msgspec

from fairlead import prices
from fairlead.batch.job import Chunk

if TYPE_CHECKING:
    from fairlead.batch.worker import Worker

SAMPLE = 2 << 20
"""Bytes of text that are tried."""
BLOCKS = 2
"""Blocks of Parquet that are tried."""
START = 3.0
"""Seconds of a worker beside its rows: a cold start, and reading and writing S3."""
GIGABYTES = 1769 / 1024
"""Memory of the batch function (template.yaml)."""
STEPS, PUTS = 3, 2
"""State transitions and new objects of a chunk."""


class Tried(msgspec.Struct, frozen=True):
    """Measurements of the first rows: `size` is the bytes of a row of text, `rate` the rows a second of one process."""

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


def trial(worker: "Worker", chunk: Chunk) -> Tried:
    """Answer the first rows of a chunk twice, without writing, and measure the second time."""
    sample = chunk
    if chunk.rows is None:
        sample = msgspec.structs.replace(chunk, stop=min(chunk.stop, chunk.start + SAMPLE))
    worker.result(sample, blocks=1)
    started = time.perf_counter()
    rows = worker.result(sample, blocks=BLOCKS if chunk.rows else None).rows
    seconds = time.perf_counter() - started
    size = (sample.stop - sample.start) / rows if rows else inf
    return Tried(size=size, rate=max(rows, 1) / seconds)


def local_estimate(chunks: Sequence[Chunk], left: Sequence[Chunk], tried: Tried, processes: int) -> Estimate:
    """Return the estimate of a job in processes of this machine; it costs no dollars but those of S3."""
    rows = _rows(left, tried)
    busy = min(processes, max(len(left), 1))
    return _estimate(chunks, left, tried, minutes=rows / tried.rate / busy / 60, dollars=0.0)


def aws_estimate(chunks: Sequence[Chunk], left: Sequence[Chunk], tried: Tried, concurrency: int) -> Estimate:
    """Return the estimate of a job on AWS, where a worker has one processor as fast as this machine's."""
    seconds = [_rows([chunk], tried) / tried.rate + START for chunk in left]
    rounds = sum(seconds) / min(concurrency, max(len(left), 1))
    second = GIGABYTES * prices.GIGABYTE_SECOND["x86_64"]
    each = prices.INVOCATION + STEPS * prices.STATE_TRANSITION + PUTS * prices.S3_PUT
    return _estimate(chunks, left, tried, minutes=rounds / 60, dollars=sum(seconds) * second + len(left) * each)


def _estimate(
    chunks: Sequence[Chunk], left: Sequence[Chunk], tried: Tried, *, minutes: float, dollars: float
) -> Estimate:
    return Estimate(
        rows=round(_rows(left, tried)),
        exact=all(chunk.rows is not None for chunk in left),
        chunks=len(chunks),
        done=len(chunks) - len(left),
        rows_per_second=tried.rate,
        minutes=minutes,
        dollars=dollars,
    )


def _rows(chunks: Sequence[Chunk], tried: Tried) -> float:
    return sum(chunk.rows if chunk.rows is not None else (chunk.stop - chunk.start) / tried.size for chunk in chunks)
