"""One attempt at a chunk: its failure is recorded, and does not stop the others."""

import time
from collections.abc import Callable

import msgspec

from fairlead.batch.files import Files
from fairlead.batch.job import Chunk, Failure, Names, Record
from fairlead.batch.worker import Worker
from fairlead.errors import FairleadError, one_line


def attempted(chunk: Chunk, names: Names, results: Files, worker: Callable[[], Worker]) -> Record | Failure:
    """Return the counts of a chunk, or why it failed, which is written too; `worker` loads the version."""
    try:
        return worker().work(chunk)
    except Exception as error:  # noqa: BLE001 - an engine may raise anything
        found = failure(chunk, one_line(error, named=not isinstance(error, FairleadError)))
        results.put_new(names.failure(found), msgspec.json.encode(found))
        return found


def failure(chunk: Chunk, error: str) -> Failure:
    """Return the failure of an attempt that ends now."""
    return Failure(chunk=chunk.number, at=round(time.time() * 1000), error=error)
