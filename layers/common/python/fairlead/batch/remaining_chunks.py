"""The remaining chunks of a job: those without counts, and those whose result is gone. A damaged result is refused."""

from concurrent.futures import ThreadPoolExecutor

from fairlead.batch.files import Files
from fairlead.batch.job import Chunk, Names, Record
from fairlead.batch.manifest import READ_AT_ONCE, done, records
from fairlead.errors import IntegrityError


def remaining(results: Files, names: Names, chunks: list[Chunk]) -> list[Chunk]:
    """Return the chunks that are not done; raises IntegrityError for a result that is not the one that was counted."""
    finished = done(results, names)
    counted = records(results, names, [chunk for chunk in chunks if chunk.number in finished])
    sizes = {key.rpartition("/")[2]: size for key, size, _ in results.matching(f"{names.results}*")}
    present = [record for record in counted if record.file in sizes]
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        digests = pool.map(lambda record: results.sha256(f"{names.results}{record.file}"), present)
        for record, digest in zip(present, digests, strict=True):
            if sizes[record.file] != record.size or digest != record.sha256:
                raise damaged(results, names, record)
    kept = {record.chunk for record in present}
    return [chunk for chunk in chunks if chunk.number not in kept]


def damaged(results: Files, names: Names, record: Record) -> IntegrityError:
    """Return the error for a result that has other bytes than its counts say."""
    key = f"{names.results}{record.file}"
    return IntegrityError(
        f"{key} is not the file that the job wrote: its size or SHA-256 is not that of its counts",
        hint=f"remove it and run the command again, which answers its rows again: {results.removal(key)}",
    )
