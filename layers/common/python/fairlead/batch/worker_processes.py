"""Runs the chunks of a job in processes of this machine."""

import functools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process

import msgspec

from fairlead.batch.attempt import attempted, failure
from fairlead.batch.job import Chunk, Failure, JobPlan, Names, Record
from fairlead.batch.locations import open_place, open_results
from fairlead.batch.version import loaded
from fairlead.batch.worker import Worker

ATTEMPTS = 3
"""Attempts at a chunk in one run. A process that is killed fails every chunk that is not done yet."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of each process: the plan, the places of inputs and results, and the version's objects."""

    plan: JobPlan
    input: str
    output: str
    objects: dict[str, bytes]


def run_local(
    setup: Setup, chunks: Sequence[Chunk], processes: int, advance: Callable[[Record], None]
) -> list[Failure]:
    """Answer chunks in processes; `advance` gets the counts of each as it is done. Returns the last failures."""
    left = {chunk.number: chunk for chunk in chunks}
    failures: dict[int, Failure] = {}
    for _ in range(ATTEMPTS):
        for outcome in _outcomes(setup, list(left.values()), processes):
            if isinstance(outcome, Record):
                advance(outcome)
                del left[outcome.chunk]
            else:
                failures[outcome.chunk] = outcome
    return [failures[number] for number in sorted(left)]


def _outcomes(setup: Setup, chunks: Sequence[Chunk], processes: int) -> Iterator[Record | Failure]:
    """Yield the outcome of each chunk as it comes."""
    if not chunks:
        return
    spawn = get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(chunks)), spawn, initializer=_begin, initargs=(setup,))
    try:
        futures = {pool.submit(_work, chunk): chunk for chunk in chunks}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                yield failure(futures[future], "a process ended early: was it killed, or is there too little memory?")
    finally:
        pool.shutdown(cancel_futures=True)


_setups: list[Setup] = []
"""In a process of the pool: what it was given."""


def _begin(setup: Setup) -> None:
    _setups.append(setup)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent ends, also when the parent is killed."""
    parent = parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(chunk: Chunk) -> Record | Failure:
    setup = _setups[0]
    results, folder = open_results(setup.output)
    return attempted(chunk, Names(folder, setup.plan.job), results, _worker)


@functools.cache
def _worker() -> Worker:
    setup = _setups[0]
    request = setup.plan.request
    model = loaded(setup.objects, request.model, request.version, request.digest)
    return Worker(setup.plan, model, open_place(setup.input)[0], *open_results(setup.output))
