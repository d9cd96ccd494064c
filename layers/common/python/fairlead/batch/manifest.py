"""The manifest of a job: counts by input and by result, which add up; written once, when every chunk is done."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import msgspec

from fairlead.batch.files import Files
from fairlead.batch.job import SCHEMA, Chunk, Input, JobPlan, Names, Record
from fairlead.batch.job_files import stored_record
from fairlead.errors import IntegrityError

READ_AT_ONCE = 16
"""Counts that are read in parallel."""


class InputCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One input: `rows` = `answered` + `refused`."""

    input: Input
    chunks: int
    rows: int
    answered: int
    refused: int


class JobManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a job. `results` are in the order of the inputs' rows.

    `longest` is the most lines of a refused CSV row; `missing_columns` are those of the signature that no input has.
    """

    schema: int = SCHEMA
    job: str
    model: str
    version: int
    digest: str
    rows: int
    answered: int
    refused: int
    longest: int
    missing_columns: list[str]
    inputs: list[InputCounts]
    results: list[Record]


def done(results: Files, names: Names) -> set[int]:
    """Return the numbers of the chunks that are done."""
    found = (key.removeprefix(names.records).removesuffix(".json") for key in results.keys(names.records))
    return {int(number) for number in found if number.isdecimal()}


def records(results: Files, names: Names, chunks: list[Chunk]) -> list[Record]:
    """Return the counts of these chunks."""
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        return list(pool.map(lambda chunk: stored_record(results, names, chunk.number), chunks))


def write_manifest(results: Files, folder: str, plan: JobPlan, chunks: list[Chunk]) -> JobManifest:
    """Write the manifest of a job whose chunks are all done, once, and return it; raises IntegrityError.

    The counts must add up: each chunk has one record, its rows are answered or refused, and the chunks of an input
    follow each other to its end.
    """
    names = Names(folder, plan.job)
    counted = records(results, names, chunks)
    for chunk, record in zip(chunks, counted, strict=True):
        if record.chunk != chunk.number or record.rows != record.answered + record.refused:
            raise IntegrityError(f"{names.record(chunk.number)} does not add up", hint="remove the job's folder")
    pairs: dict[Input, list[tuple[Chunk, Record]]] = {one: [] for one in plan.request.inputs}
    for chunk, record in zip(chunks, counted, strict=True):
        pairs[chunk.input].append((chunk, record))
    inputs = [_counts(one, found) for one, found in pairs.items()]
    manifest = JobManifest(
        job=plan.job,
        model=plan.request.model,
        version=plan.request.version,
        digest=plan.request.digest,
        rows=sum(one.rows for one in inputs),
        answered=sum(one.answered for one in inputs),
        refused=sum(one.refused for one in inputs),
        longest=max(record.longest for record in counted),
        missing_columns=[name for name in counted[0].missing if all(name in record.missing for record in counted)],
        inputs=inputs,
        results=counted,
    )
    if plan.rows not in {None, manifest.rows}:
        raise IntegrityError(f"{plan.job} has {manifest.rows:,} rows, and {plan.rows:,} were planned")
    results.put_new(names.manifest, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def counts(manifest: JobManifest) -> dict[str, Any]:
    """Return the counts that a job reports at its end."""
    names = ("rows", "answered", "refused", "longest", "missing_columns")
    return {name: getattr(manifest, name) for name in names}


def _counts(one: Input, pairs: list[tuple[Chunk, Record]]) -> InputCounts:
    parts = [chunk for chunk, _ in pairs]
    whole = not parts or parts[-1].rows is not None or parts[-1].stop == one.size
    if not whole or any(left.stop != right.start for left, right in pairwise(parts)):
        raise IntegrityError(f"the chunks of {one.key} do not cover it", hint="remove the job's folder")
    return InputCounts(
        input=one,
        chunks=len(pairs),
        rows=sum(record.rows for _, record in pairs),
        answered=sum(record.answered for _, record in pairs),
        refused=sum(record.refused for _, record in pairs),
    )
